#include "acme/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/strings.h"

namespace limen::acme {
namespace {

constexpr size_t kLongestUrl = 2048, kLongestToken = 512, kLongestText = 400;
constexpr size_t kMostAuthorizations = 100, kMostChallenges = 20, kMostProfiles = 50;
constexpr size_t kMostSubproblems = 10;
constexpr std::chrono::seconds kLongestRetryAfter = std::chrono::hours(24 * 30);
constexpr std::string_view kErrorPrefix = "urn:ietf:params:acme:error:";

bool is_url(std::string_view text) {
  return text.starts_with("https://") && text.size() <= kLongestUrl &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kLongestToken &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c < 0x80 && std::isalnum(c) != 0) || c == '-' || c == '_';
         });
}

Result<std::string> url_of(const Json& json, std::string_view member) {
  const std::string_view text = json.text(member);
  if (!is_url(text)) return Error{fmt::format("'{}' is no https URL", member)};
  return std::string(text);
}

const Json::Array* array_of(const Json& json, std::string_view member) {
  const Json* value = json.find(member);
  return value != nullptr && value->is_array() ? &value->as_array() : nullptr;
}

// "" or a URL.
Result<std::string> optional_url_of(const Json& json, std::string_view member) {
  return json.find(member) == nullptr ? Result<std::string>(std::string()) : url_of(json, member);
}

std::optional<AcmeProblem> error_of(const Json& json) {
  const Json* error = json.find("error");
  if (error == nullptr || !error->is_object()) return std::nullopt;
  return read_problem(*error);
}

std::optional<OrderStatus> order_status(std::string_view word) {
  if (word == "pending") return OrderStatus::kPending;
  if (word == "ready") return OrderStatus::kReady;
  if (word == "processing") return OrderStatus::kProcessing;
  if (word == "valid") return OrderStatus::kValid;
  if (word == "invalid") return OrderStatus::kInvalid;
  return std::nullopt;
}

std::optional<ChallengeType> challenge_type(std::string_view word) {
  for (const ChallengeType type :
       {ChallengeType::kHttp01, ChallengeType::kTlsAlpn01, ChallengeType::kDns01}) {
    if (word == name_of(type)) return type;
  }
  return std::nullopt;
}

void add_challenges(const Json::Array& all, Authorization& authorization) {
  for (const Json& json : all) {
    if (auto error = error_of(json)) authorization.error = std::move(error);
    const auto type = challenge_type(json.text("type"));
    if (!type || !is_url(json.text("url")) || !is_token(json.text("token"))) continue;
    authorization.challenges.push_back(
        {*type, std::string(json.text("url")), std::string(json.text("token"))});
  }
}

}  // namespace

bool Directory::offers(std::string_view profile) const {
  return std::find(profiles.begin(), profiles.end(), profile) != profiles.end();
}

Result<Directory> read_directory(const Json& json) {
  Directory directory;
  auto nonce = url_of(json, "newNonce");
  auto account = url_of(json, "newAccount");
  auto order = url_of(json, "newOrder");
  auto renewal = optional_url_of(json, "renewalInfo");
  for (const auto* url : {&nonce, &account, &order, &renewal}) {
    if (!*url) return with_context(url->error(), "this is no ACME directory");
  }
  directory.new_nonce = std::move(*nonce);
  directory.new_account = std::move(*account);
  directory.new_order = std::move(*order);
  directory.renewal_info = std::move(*renewal);
  const Json* meta = json.find("meta");
  if (meta == nullptr || !meta->is_object()) return directory;
  const Json* required = meta->find("externalAccountRequired");
  directory.external_account_required =
      required != nullptr && required->is_bool() && required->as_bool();
  const Json* profiles = meta->find("profiles");
  if (profiles == nullptr || !profiles->is_object()) return directory;
  for (const auto& [name, description] : profiles->as_object()) {
    if (directory.profiles.size() < kMostProfiles) directory.profiles.push_back(printable(name));
  }
  return directory;
}

AcmeProblem read_problem(const Json& json) {
  AcmeProblem problem;
  const std::string_view type = json.text("type");
  if (type.starts_with(kErrorPrefix)) problem.type = printable(type.substr(kErrorPrefix.size()));
  std::string text(json.text("detail"));
  if (const Json::Array* parts = array_of(json, "subproblems")) {
    size_t count = 0;
    for (const Json& part : *parts) {
      const Json* identifier = part.find("identifier");
      if (++count > kMostSubproblems || text.size() > kLongestText) break;
      text += fmt::format("; {}: {}", identifier == nullptr ? "" : identifier->text("value"),
                          part.text("detail"));
    }
  }
  if (text.empty()) text = type.empty() ? "the CA gives no reason" : std::string(type);
  problem.text = printable(text);
  if (!problem.type.empty()) problem.text += " (" + problem.type + ")";
  return problem;
}

Result<OrderState> read_order(const Json& json) {
  OrderState order;
  const auto status = order_status(json.text("status"));
  if (!status) return Error{"the order has no status that is known"};
  order.status = *status;
  const Json::Array* authorizations = array_of(json, "authorizations");
  if (authorizations == nullptr || authorizations->empty() ||
      authorizations->size() > kMostAuthorizations)
    return Error{"the order has no authorizations, or too many"};
  for (const Json& url : *authorizations) {
    if (!url.is_string() || !is_url(url.as_string()))
      return Error{"an authorization of the order is no https URL"};
    order.authorizations.push_back(url.as_string());
  }
  auto finalize = url_of(json, "finalize");
  auto certificate = optional_url_of(json, "certificate");
  if (!finalize) return with_context(finalize.error(), "the order");
  if (!certificate) return with_context(certificate.error(), "the order");
  if (order.status == OrderStatus::kValid && certificate->empty())
    return Error{"the order is valid and has no certificate"};
  order.finalize = std::move(*finalize);
  order.certificate = std::move(*certificate);
  order.error = error_of(json);
  return order;
}

std::string_view name_of(ChallengeType type) {
  switch (type) {
    case ChallengeType::kHttp01: return "http-01";
    case ChallengeType::kTlsAlpn01: return "tls-alpn-01";
    case ChallengeType::kDns01: return "dns-01";
  }
  __builtin_unreachable();
}

Result<Authorization> read_authorization(const Json& json) {
  Authorization authorization;
  const std::string_view status = json.text("status");
  if (status.empty()) return Error{"the authorization has no status"};
  if (status == "valid")
    authorization.status = AuthorizationStatus::kValid;
  else if (status != "pending")
    authorization.status = AuthorizationStatus::kInvalid;
  const Json* identifier = json.find("identifier");
  if (identifier == nullptr || identifier->text("type") != "dns" ||
      identifier->text("value").empty())
    return Error{"the authorization is for no DNS name"};
  authorization.name = printable(identifier->text("value"));
  const Json::Array* challenges = array_of(json, "challenges");
  if (challenges == nullptr || challenges->size() > kMostChallenges)
    return Error{"the authorization has no challenges, or too many"};
  add_challenges(*challenges, authorization);
  return authorization;
}

Result<RenewalWindow> read_renewal_window(const Json& json) {
  const Json* window = json.find("suggestedWindow");
  if (window == nullptr || !window->is_object()) return Error{"there is no suggestedWindow"};
  const auto start = parse_time(window->text("start"));
  const auto end = parse_time(window->text("end"));
  if (!start || !end || *end < *start) return Error{"suggestedWindow is no span of time"};
  return RenewalWindow{*start, *end};
}

std::chrono::seconds read_retry_after(std::string_view header, int64_t now) {
  int64_t seconds = 0;
  const auto [end, failure] =
      std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (failure != std::errc() || end != header.data() + header.size()) {
    std::tm fields{};
    const std::string text(header);
    const char* rest = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &fields);
    seconds = rest == nullptr || *rest != '\0' ? 0 : ::timegm(&fields) - now;
  }
  return std::clamp(std::chrono::seconds(seconds), std::chrono::seconds(0), kLongestRetryAfter);
}

std::string printable(std::string_view text) {
  std::string result(text.substr(0, kLongestText));
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) c = ' ';
  }
  // A character of several bytes may have been cut.
  if (text.size() > kLongestText) {
    while (!result.empty() && (static_cast<unsigned char>(result.back()) & 0x80) != 0)
      result.pop_back();
    result += "...";
  }
  return result;
}

}  // namespace limen::acme
