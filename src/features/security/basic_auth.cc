#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <envoy/extensions/filters/http/basic_auth/v3/basic_auth.pb.h>
#include <fmt/format.h>

#include <set>

#include "base/strings.h"
#include "features/security.h"
#include "features/slot.h"

namespace limen::features {
namespace {

constexpr char kSha[] = "{SHA}";
constexpr size_t kShaBytes = 20;

}  // namespace

Htpasswd read_htpasswd(const std::string& text) {
  Htpasswd result;
  std::set<std::string> users;
  size_t number = 0;
  const auto wrong = [&](std::string_view what) {
    return Htpasswd{{}, fmt::format("line {} {}", number, what)};
  };
  for (absl::string_view raw : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || line.front() == '#') continue;
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos || colon == 0) return wrong("is not <user>:<hash>");
    const std::string user(line.substr(0, colon));
    absl::string_view hash = line.substr(colon + 1);
    if (!absl::ConsumePrefix(&hash, kSha))
      return wrong("has a hash of another type than {SHA}: make it with htpasswd -s");
    const auto bytes = decode_base64({hash.data(), hash.size()});
    if (!bytes || bytes->size() != kShaBytes) return wrong("has a hash that is no SHA-1");
    if (!users.insert(user).second) return wrong("has a user that an earlier line has");
    result.lines +=
        fmt::format("{}:{}{}\n", user, kSha, std::string_view(hash.data(), hash.size()));
  }
  if (users.empty()) result.mistake = "has no user";
  return result;
}

void write_basic_auth(const api::BasicAuth& auth, const std::string& htpasswd, FilterConfigs& out) {
  envoy::extensions::filters::http::basic_auth::v3::BasicAuth filter;
  filter.mutable_users()->set_inline_string(htpasswd);
  if (auth.forward_username_header)
    filter.set_forward_username_header(*auth.forward_username_header);
  out[kBasicAuth] = run_filter("envoy.filters.http.basic_auth", filter);
}

}  // namespace limen::features
