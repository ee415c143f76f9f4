#include "acme/jose.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/json.h"
#include "base/json_text.h"
#include "base/strings.h"
#include "pki/openssl.h"

namespace limen::acme {
namespace {

std::string flattened(const std::string& header, const std::string& payload,
                      const std::string& signature) {
  Json jws{Json::Object{}};
  jws.set("protected", header);
  jws.set("payload", payload);
  jws.set("signature", encode_base64url(signature));
  return to_json(jws);
}

}  // namespace

std::string encode_base64url(std::string_view bytes) {
  std::string text = encode_base64(bytes);
  std::erase(text, '=');
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

Result<std::string> sign_jws(const PrivateKey& key, const JwsHeader& header,
                             std::string_view payload) {
  Json json{Json::Object{}};
  json.set("alg", key.algorithm());
  json.set("nonce", header.nonce);
  json.set("url", header.url);
  if (header.account_url.empty()) {
    auto jwk = parse_json(key.jwk());
    if (!jwk) return jwk.error();
    json.set("jwk", std::move(*jwk));
  } else {
    json.set("kid", header.account_url);
  }
  const std::string head = encode_base64url(to_json(json));
  const std::string body = encode_base64url(payload);
  const auto signature = key.sign(head + "." + body);
  if (!signature) return signature.error();
  return flattened(head, body, *signature);
}

Result<std::string> bind_external_account(const ExternalAccount& external, const std::string& jwk,
                                          const std::string& url) {
  Json json{Json::Object{}};
  json.set("alg", "HS256");
  json.set("kid", external.key_id);
  json.set("url", url);
  const std::string head = encode_base64url(to_json(json));
  const std::string body = encode_base64url(jwk);
  const std::string text = head + "." + body;
  unsigned char code[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), external.key.data(), static_cast<int>(external.key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), code,
           &size) == nullptr)
    return pki::openssl_error("cannot bind the external account");
  return flattened(head, body, {reinterpret_cast<const char*>(code), size});
}

}  // namespace limen::acme
