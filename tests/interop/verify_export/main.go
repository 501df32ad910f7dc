// SPDX-License-Identifier: Apache-2.0

// Verify_export judges an exported log with golang.org/x/mod/sumdb, which shares no code with the
// node: docs/formats/transparency-log.md is right when software that others wrote says so.
//
//	verify_export [-witnesses k] [-older-witnesses k] <export folder> <file of verifier keys, one a line>
//	verify_export -fork <folder of evidence> <file of verifier keys, one a line>
//
// It reads checkpoint, tile/..., tile/entries/..., every older checkpoint in checkpoints/ and every
// proof in proofs/. One line per verdict; exit status 0 only if all hold.
//
// Evidence of a fork is the file cosigned, a checkpoint with a witness's cosignature, and the file
// request, an add-checkpoint body whose checkpoint contradicts it. Exit status 0 only if the log's
// key signed both and they do contradict each other.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// cosigner verifies type 0x04: a time and the note's text.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed verifier key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, errors.New("not a key of type 0x04")
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(id[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, errors.New("key id does not fit")
	}
	return cosigner{parts[0], hash, key[1:]}, nil
}

// export is a folder whose tiles were verified against its checkpoint.
type export struct {
	dir       string
	known     note.Verifiers
	witnesses int // That a checkpoint needs.
	older     int // That an older one needs.
	tree      tlog.Tree
	tiles     map[tlog.Tile][]byte
	memo      map[int64]tlog.Hash
	entries   [][]byte
}

func file(t tlog.Tile) string {
	return strings.Replace(t.Path(), "tile/8/", "tile/", 1)
}

// open verifies a checkpoint note: its log's signature and enough witnesses.
func (e *export) open(text []byte) (tlog.Tree, error) {
	n, err := note.Open(text, e.known)
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 {
		return tlog.Tree{}, errors.New("checkpoint of fewer than three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, errors.New("malformed size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	log, seen := false, map[uint32]bool{}
	for _, sig := range n.Sigs {
		v, _ := e.known.Verifier(sig.Name, sig.Hash)
		if _, ok := v.(cosigner); ok {
			seen[sig.Hash] = true
		} else if sig.Name != lines[0] {
			return tlog.Tree{}, errors.New("signed by the key of another log")
		} else {
			log = true
		}
	}
	if !log || len(seen) < e.witnesses {
		return tlog.Tree{}, fmt.Errorf("signed by its log: %v; %d witnesses, want %d", log, len(seen), e.witnesses)
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

func (e *export) Height() int                     { return tileHeight }
func (e *export) SaveTiles([]tlog.Tile, [][]byte) {}
func (e *export) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(e.dir, file(t)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// hashes reads from tiles already verified.
func (e *export) hashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, index := range indexes {
		if known, ok := e.memo[index]; ok {
			out = append(out, known)
			continue
		}
		t := tlog.TileForIndex(tileHeight, index)
		if t.W = 1 << tileHeight; e.tiles[t] == nil {
			t.W = int(e.tree.N >> uint(t.L*tileHeight) & 0xff)
		}
		h, err := tlog.HashFromTile(t, e.tiles[t], index)
		if err != nil {
			return nil, err
		}
		e.memo[index] = h
		out = append(out, h)
	}
	return out, nil
}

func (e *export) checkCheckpoint() (string, error) {
	text, err := os.ReadFile(filepath.Join(e.dir, "checkpoint"))
	if err == nil {
		e.tree, err = e.open(text)
	}
	return fmt.Sprintf("size %d, at least %d witnesses", e.tree.N, e.witnesses), err
}

// tilesOf lists the tiles of one size; tlog.NewTiles would add the partial ones of smaller sizes.
func tilesOf(size int64) (tiles []tlog.Tile) {
	for level, n := 0, size; n > 0; level, n = level+1, n>>tileHeight {
		for i := int64(0); i <= n>>tileHeight; i++ {
			t := tlog.Tile{H: tileHeight, L: level, N: i, W: 1 << tileHeight}
			if i == n>>tileHeight {
				t.W = int(n & (1<<tileHeight - 1))
			}
			if t.W > 0 {
				tiles = append(tiles, t)
			}
		}
	}
	return tiles
}

// rootOf hashes a full tile.
func rootOf(data []byte) (root tlog.Hash) {
	if len(data) == tlog.HashSize {
		copy(root[:], data)
		return root
	}
	return tlog.NodeHash(rootOf(data[:len(data)/2]), rootOf(data[len(data)/2:]))
}

// checkTiles compares each file with what its tree says, level by level.
func (e *export) checkTiles() (string, error) {
	reader := tlog.TileHashReader(e.tree, e)
	for _, t := range tilesOf(e.tree.N) {
		want, err := tlog.ReadTileData(t, reader)
		if err != nil {
			return "", fmt.Errorf("%s: %v", file(t), err)
		}
		got, err := os.ReadFile(filepath.Join(e.dir, file(t)))
		if err != nil || !bytes.Equal(got, want) {
			return "", fmt.Errorf("%s: not what the tree holds (%v)", file(t), err)
		}
		e.tiles[t] = got
	}
	// TileHashReader of Debian 12 begins to compare full tiles with their parents at the number of
	// the root's subtrees, not of the tiles these lie in: where two lie in one tile, the first full
	// tile it reads goes unchecked. So each is compared here once more.
	for t, data := range e.tiles {
		if t.W == 1<<tileHeight {
			up, err := e.hashes([]int64{tlog.StoredHashIndex(tileHeight*(t.L+1), t.N)})
			if err != nil || up[0] != rootOf(data) {
				return "", fmt.Errorf("%s: not what its parent says (%v)", file(t), err)
			}
		}
	}
	root, err := tlog.TreeHash(e.tree.N, tlog.HashReaderFunc(e.hashes))
	if err == nil && root != e.tree.Hash {
		err = errors.New("tiles lead to another root")
	}
	return fmt.Sprintf("%d tiles", len(e.tiles)), err
}

func (e *export) checkEntries() (string, error) {
	for first := int64(0); first < e.tree.N; first += 1 << tileHeight {
		t := tlog.Tile{H: tileHeight, L: -1, N: first >> tileHeight, W: 1 << tileHeight}
		if e.tree.N-first < 1<<tileHeight {
			t.W = int(e.tree.N - first)
		}
		path := strings.Replace(t.Path(), "tile/8/data/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(e.dir, path))
		if err != nil {
			return "", err
		}
		for i := 0; i < t.W; i++ {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				return "", fmt.Errorf("%s: ends early", path)
			}
			size := int(binary.BigEndian.Uint16(data))
			e.entries = append(e.entries, data[2:2+size])
			data = data[2+size:]
		}
		if len(data) != 0 {
			return "", fmt.Errorf("%s: bytes after its entries", path)
		}
	}
	for i, entry := range e.entries {
		proof, err := tlog.ProveRecord(e.tree.N, int64(i), tlog.HashReaderFunc(e.hashes))
		if err == nil {
			err = tlog.CheckRecord(proof, e.tree.N, e.tree.Hash, int64(i), tlog.RecordHash(entry))
		}
		if err != nil {
			return "", fmt.Errorf("entry %d: %v", i, err)
		}
	}
	return fmt.Sprintf("%d entries", len(e.entries)), nil
}

func (e *export) checkOlder(text []byte) error {
	witnesses := e.witnesses
	defer func() { e.witnesses = witnesses }()
	e.witnesses = e.older
	old, err := e.open(text)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(e.tree.N, old.N, tlog.HashReaderFunc(e.hashes))
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, e.tree.N, e.tree.Hash, old.N, old.Hash)
}

func (e *export) checkProof(text []byte) error {
	head, checkpoint, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if ok && len(lines) > 1 && strings.HasPrefix(lines[1], "extra ") {
		lines = append(lines[:1], lines[2:]...)
	}
	if !ok || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("malformed proof file")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil || index < 0 || index >= int64(len(e.entries)) {
		return errors.New("malformed index")
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := e.open([]byte(checkpoint))
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(e.entries[index]))
}

func (e *export) checkEach(pattern string, check func([]byte) error) (string, error) {
	paths, err := filepath.Glob(filepath.Join(e.dir, pattern))
	for i := 0; i < len(paths) && err == nil; i++ {
		var text []byte
		if text, err = os.ReadFile(paths[i]); err == nil {
			err = check(text)
		}
		if err != nil {
			err = fmt.Errorf("%s: %v", filepath.Base(paths[i]), err)
		}
	}
	return fmt.Sprintf("%d files", len(paths)), err
}

// checkFork judges a note that a witness cosigned and what the log asked of that witness next.
func (e *export) checkFork() (string, error) {
	cosigned, err := os.ReadFile(filepath.Join(e.dir, "cosigned"))
	if err != nil {
		return "", err
	}
	e.witnesses = 1
	before, err := e.open(cosigned)
	if err != nil {
		return "", fmt.Errorf("cosigned: %v", err)
	}
	request, err := os.ReadFile(filepath.Join(e.dir, "request"))
	if err != nil {
		return "", err
	}
	head, checkpoint, ok := strings.Cut(string(request), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != fmt.Sprintf("old %d", before.N) {
		return "", errors.New("request: does not begin where the cosigned checkpoint ends")
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return "", fmt.Errorf("request: %v", err)
		}
		proof = append(proof, hash)
	}
	e.witnesses = 0
	after, err := e.open([]byte(checkpoint))
	if err != nil {
		return "", fmt.Errorf("request: %v", err)
	}
	origin, _, _ := strings.Cut(string(cosigned), "\n")
	if !strings.HasPrefix(checkpoint, origin+"\n") {
		return "", errors.New("request: of another log")
	}
	if before.N == after.N && before.Hash != after.Hash {
		return fmt.Sprintf("proven, two roots of %d entries bear the log's signature", before.N), nil
	}
	if tlog.CheckTree(proof, after.N, after.Hash, before.N, before.Hash) != nil {
		return fmt.Sprintf("suspected, the log's own proof from %d to %d entries fails", before.N, after.N), nil
	}
	return "", fmt.Errorf("the %d entries extend the %d", after.N, before.N)
}

func readKeys(path string) (note.Verifiers, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var keys []note.Verifier
	for _, vkey := range strings.Fields(string(text)) {
		key, err := note.NewVerifier(vkey)
		if err != nil {
			key, err = newCosigner(vkey)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %v", vkey, err)
		}
		keys = append(keys, key)
	}
	return note.VerifierList(keys...), nil
}

func main() {
	witnesses := flag.Int("witnesses", 0, "how many witnesses must have cosigned each checkpoint")
	older := flag.Int("older-witnesses", -1, "how many each older checkpoint must have; -1: as many")
	fork := flag.Bool("fork", false, "judge evidence of a fork instead of an export")
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	known, err := readKeys(flag.Arg(1))
	if err != nil {
		fmt.Println("keys: REFUSED:", err)
		os.Exit(1)
	}
	if *older < 0 {
		*older = *witnesses
	}
	e := &export{dir: flag.Arg(0), known: known, witnesses: *witnesses, older: *older, tiles: map[tlog.Tile][]byte{}, memo: map[int64]tlog.Hash{}}
	type step struct {
		what  string
		check func() (string, error)
	}
	steps := []step{
		{"checkpoint", e.checkCheckpoint},
		{"tiles", e.checkTiles},
		{"entries", e.checkEntries},
		{"older checkpoints", func() (string, error) { return e.checkEach("checkpoints/*", e.checkOlder) }},
		{"proofs", func() (string, error) { return e.checkEach("proofs/*.tlog-proof", e.checkProof) }},
	}
	if *fork {
		steps = []step{{"fork", e.checkFork}}
	}
	for _, step := range steps {
		words, err := step.check()
		if err != nil {
			fmt.Printf("%s: REFUSED: %v\n", step.what, err)
			os.Exit(1)
		}
		fmt.Printf("%s: ok, %s\n", step.what, words)
	}
}
