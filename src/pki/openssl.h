// OpenSSL's objects with owners, and reading them from PEM.  For the sources of pki and acme; any
// thread.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace limen::pki {

struct Free {
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(X509* it) const { X509_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(X509_EXTENSION* it) const { X509_EXTENSION_free(it); }
  void operator()(GENERAL_NAMES* it) const { GENERAL_NAMES_free(it); }
};
template <class T>
using Ptr = std::unique_ptr<T, Free>;

// What OpenSSL says about its last failure; forgets that.
Error openssl_error(const std::string& what);

// nullptr: it is none; see openssl_error().  Of a chain the first.
Ptr<X509> read_x509(const std::string& pem);
Ptr<EVP_PKEY> read_key(const std::string& pem);

}  // namespace limen::pki
