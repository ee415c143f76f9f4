// What CAs answer, read with bounds: nothing of it is trusted before it has passed here.  Pure; any
// thread.  Source: RFC 8555, 7.1; RFC 9773, 4.2.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace limen::acme {

struct Directory {
  std::string new_nonce, new_account, new_order;
  std::string renewal_info;  // "": the CA has none
  bool external_account_required = false;
  std::vector<std::string> profiles;  // names

  bool offers(std::string_view profile) const;
};
Result<Directory> read_directory(const Json& json);

// RFC 7807 with ACME's types; any body makes one.  `type` is without its prefix: "badNonce"; ""
// where it is none of ACME's.
struct AcmeProblem {
  std::string type;
  std::string text;  // a sentence, of printable characters, of bounded length
};
AcmeProblem read_problem(const Json& json);

enum class OrderStatus { kPending, kReady, kProcessing, kValid, kInvalid };
struct OrderState {
  OrderStatus status = OrderStatus::kPending;
  std::vector<std::string> authorizations;  // URLs, at least one
  std::string finalize, certificate;        // URLs; certificate: of a valid order
  std::optional<AcmeProblem> error;
};
Result<OrderState> read_order(const Json& json);

enum class ChallengeType { kHttp01, kTlsAlpn01, kDns01 };
std::string_view name_of(ChallengeType type);  // "http-01", ...

struct OfferedChallenge {
  ChallengeType type = ChallengeType::kHttp01;
  std::string url, token;
};
enum class AuthorizationStatus { kPending, kValid, kInvalid };
struct Authorization {
  AuthorizationStatus status = AuthorizationStatus::kPending;  // kInvalid: also all that ended
  std::string name;                                            // DNS name, without "*."
  std::vector<OfferedChallenge> challenges;                    // of types that are known
  std::optional<AcmeProblem> error;                            // of a challenge that failed
};
Result<Authorization> read_authorization(const Json& json);

// Unix seconds.
struct RenewalWindow {
  int64_t start = 0, end = 0;

  bool operator==(const RenewalWindow&) const = default;
};
Result<RenewalWindow> read_renewal_window(const Json& json);

// A Retry-After header: seconds, or a date (IMF-fixdate) seen from `now`.  Nothing, or nonsense: 0.
// At most 30 days.
std::chrono::seconds read_retry_after(std::string_view header, int64_t now);

// For messages: control characters become blanks, and what is too long is cut.
std::string printable(std::string_view text);

}  // namespace limen::acme
