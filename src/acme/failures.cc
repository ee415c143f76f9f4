#include "acme/failures.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/json_text.h"
#include "base/strings.h"

namespace limen::acme {
namespace {

std::string text_of(const Issuer& issuer) {
  const AccountSettings& account = issuer.account;
  const auto& external = account.external_account;
  std::string text = fmt::format(
      "{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", account.directory_url, account.email, account.authorities,
      external ? external->key_id : "", external ? external->key : "", issuer.profile,
      issuer.dns_hook, static_cast<int>(issuer.key_type));
  for (const ChallengeType challenge : issuer.challenges)
    text += fmt::format("\n{}", name_of(challenge));
  return text;
}

std::string identity_of(const Wanted& wanted, const std::string& means) {
  std::string text = fmt::format("{}\n{}", fmt::join(wanted.names, ","), means);
  for (const Issuer& issuer : wanted.issuers) text += "\n\n" + text_of(issuer);
  return hex(hash_bytes(text));
}

int64_t number_of(const Json& json, std::string_view name) {
  const Json* value = json.find(name);
  return value != nullptr && value->is_integer() ? value->as_integer() : 0;
}

}  // namespace

std::string remember(const Failures& failures, const Wanted& wanted, const std::string& means) {
  Json json{Json::Object{}};
  json.set("wanted", identity_of(wanted, means));
  json.set("count", static_cast<int64_t>(failures.count));
  json.set("since", failures.since);
  json.set("nextTry", failures.next_try);
  json.set("message", failures.message);
  return to_json(json);
}

std::optional<Failures> recall(const std::string& text, const Wanted& wanted,
                               const std::string& means) {
  const auto json = parse_json(text);
  if (!json || json->text("wanted") != identity_of(wanted, means)) return std::nullopt;
  Failures failures{static_cast<int>(number_of(*json, "count")), number_of(*json, "since"),
                    number_of(*json, "nextTry"), std::string(json->text("message"))};
  if (failures.count <= 0 || failures.since <= 0) return std::nullopt;
  return failures;
}

}  // namespace limen::acme
