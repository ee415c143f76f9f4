// What is asked of a CA, and what its certificates are called.  Any thread.
#pragma once

#include <string>
#include <vector>

#include "acme/key.h"
#include "pki/authority.h"

namespace limen::acme {

// A certificate signing request (PKCS #10, DER) for DNS names, at least one.  The subject is empty.
Result<std::string> make_csr(const PrivateKey& key, const std::vector<std::string>& names);

// The self-signed certificate that answers a TLS-ALPN-01 challenge.  RFC 8737, 3.
Result<pki::KeyPair> challenge_certificate(const std::string& name,
                                           const std::string& key_authorization);

// RFC 9773, 4.1.  PEM; of a chain the first.  An error: it names no authority's key.
Result<std::string> renewal_id(const std::string& certificate);

}  // namespace limen::acme
