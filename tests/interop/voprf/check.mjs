// SPDX-License-Identifier: Apache-2.0
// node check.mjs <voprf_peer>: @noble/curves, which shares no code with us, is asker against our
// owner of the key, and owner against our asker.
import { spawn } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { createInterface } from 'node:readline';

globalThis.crypto ??= webcrypto; // Node 18 has it under this name only.
const { p256_oprf } = await import('@noble/curves/nist.js');
const { voprf } = p256_oprf;

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (array) => Buffer.from(array).toString('hex');
const list = (text) => text.split(',').map(bytes);
const text = (arrays) => arrays.map(hex).join(',');

const peer = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
async function say(...words) {
  peer.stdin.write(words.join(' ') + '\n');
  const { value, done } = await lines.next();
  if (done) throw new Error('voprf_peer ended');
  return value;
}

let checks = 0;
function expect(what, holds) {
  if (!holds) throw new Error(`FAILED: ${what}`);
  checks += 1;
}
function refuses(what, call) {
  try {
    call();
  } catch {
    checks += 1;
    return;
  }
  throw new Error(`FAILED: accepted: ${what}`);
}
const flipped = (array) => array.map((byte, i) => (i === array.length - 1 ? byte ^ 1 : byte));

const seed = bytes('a5'.repeat(32));
const info = new TextEncoder().encode('proofmark interop');
const keys = voprf.deriveKeyPair(seed, info);
expect('both derive one key', (await say('key', hex(seed), hex(info))) === hex(keys.publicKey));

for (const count of [1, 2, 4, 64]) {
  const inputs = Array.from({ length: count }, (_, i) =>
    new TextEncoder().encode(`serial ${count} ${i} `.repeat(i + 1)),
  );

  // Their asker, our key.
  const blinds = inputs.map((input) => voprf.blind(input));
  const answer = await say('answer', text(blinds.map((b) => b.blinded)));
  expect(`an answer to ${count}`, !answer.startsWith('refused'));
  const [evaluatedText, proofText] = answer.split(' ');
  const evaluated = list(evaluatedText);
  const proof = bytes(proofText);
  const items = inputs.map((input, i) => ({ input, ...blinds[i], evaluated: evaluated[i] }));
  const outputs = voprf.finalizeBatch(items, keys.publicKey, proof);
  for (let i = 0; i < count; i += 1) {
    expect('the same output', hex(outputs[i]) === (await say('output', hex(inputs[i]))));
  }
  refuses('a changed proof', () => voprf.finalizeBatch(items, keys.publicKey, flipped(proof)));
  const other = voprf.deriveKeyPair(seed, new TextEncoder().encode('another key'));
  refuses('another key', () => voprf.finalizeBatch(items, other.publicKey, proof));

  // Our asker, their key.
  const asked = list(await say('ask', text(inputs)));
  const theirs = voprf.blindEvaluateBatch(keys.secretKey, keys.publicKey, asked);
  const opened = await say('open', text(theirs.evaluated), hex(theirs.proof), hex(keys.publicKey));
  expect('our asker gets the same outputs', opened === text(outputs));
  for (const [proof_, key_] of [
    [flipped(theirs.proof), keys.publicKey],
    [theirs.proof, other.publicKey],
  ]) {
    const said = await say('open', text(theirs.evaluated), hex(proof_), hex(key_));
    expect('our asker refuses', said.startsWith('refused: batch proof'));
  }
}
peer.stdin.end();
console.log(`ok: ${checks} checks against @noble/curves`);
