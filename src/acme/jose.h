// What an ACME client signs.  RFC 7515 (JWS), RFC 8555.  Pure but for the randomness of signatures;
// any thread.
#pragma once

#include <string>
#include <string_view>

#include "acme/key.h"

namespace limen::acme {

std::string encode_base64url(std::string_view bytes);  // without padding

struct JwsHeader {
  std::string url, nonce;
  std::string account_url;  // "": the key itself stands in the header (newAccount)
};

// In the flattened JSON form.  An empty payload is that of POST-as-GET.
Result<std::string> sign_jws(const PrivateKey& key, const JwsHeader& header,
                             std::string_view payload);

// An account of the CA's customer, to which the ACME account is bound.  RFC 8555, 7.3.4.
struct ExternalAccount {
  std::string key_id;
  std::string key;  // bytes

  bool operator==(const ExternalAccount&) const = default;
};
// The member externalAccountBinding of newAccount at `url`: a JWS (HS256) over the account's JWK.
Result<std::string> bind_external_account(const ExternalAccount& external, const std::string& jwk,
                                          const std::string& url);

// RFC 8555, 8.1.
inline std::string key_authorization(const PrivateKey& account, const std::string& token) {
  return token + "." + account.thumbprint();
}

}  // namespace limen::acme
