// What Envoy makes of a JSON Web Key Set: it wants one key at least that it can use.
#include <algorithm>

#include "base/json_text.h"
#include "base/strings.h"
#include "features/jwt.h"

namespace limen::features {
namespace {

bool has_bytes(const Json& key, std::string_view name) {
  const std::optional<std::string> bytes = decode_base64url(key.text(name));
  return bytes && !bytes->empty();
}

// Source: RFC 7517, RFC 7518 section 6, RFC 8037.
bool is_usable(const Json& key) {
  if (!key.is_object()) return false;
  const std::string_view type = key.text("kty"), curve = key.text("crv");
  if (type == "RSA") return has_bytes(key, "n") && has_bytes(key, "e");
  if (type == "EC")
    return (curve == "P-256" || curve == "P-384" || curve == "P-521") && has_bytes(key, "x") &&
           has_bytes(key, "y");
  if (type == "oct") return has_bytes(key, "k");
  return type == "OKP" && curve == "Ed25519" && has_bytes(key, "x");
}

}  // namespace

std::string mistake_in_jwks(const std::string& text) {
  const Result<Json> set = parse_json(text);
  if (!set) return "is no JSON: " + set.error().message;
  const Json* keys = set->is_object() ? set->find("keys") : nullptr;
  if (keys == nullptr || !keys->is_array()) return "is no JSON Web Key Set: it has no list of keys";
  const auto& all = keys->as_array();
  if (std::none_of(all.begin(), all.end(), is_usable)) return "has no key that can be used";
  return {};
}

}  // namespace limen::features
