// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace proofmark::crypto {

// OpenSSL's handles, owned from the moment they exist. For crypto/ and tests alone.
template <auto kFree>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    kFree(p);
  }
};

// For what OpenSSL allocated itself. OPENSSL_free is a macro with the caller's place in it.
struct OpenSslFree {
  void operator()(void* p) const { OPENSSL_free(p); }
};
template <class T>
using OpenSslMemory = std::unique_ptr<T, OpenSslFree>;

using BioHandle = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using CrlHandle = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using DigestContextHandle = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using PkeyHandle = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Handle = std::unique_ptr<X509, Deleter<X509_free>>;

}  // namespace proofmark::crypto
