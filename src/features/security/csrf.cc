#include <envoy/extensions/filters/http/csrf/v3/csrf.pb.h>

#include "features/cors/origin.h"
#include "features/security.h"

namespace limen::features {
namespace {

constexpr uint32_t kMillion = 1'000'000;

void write_share(uint32_t millionths, envoy::config::core::v3::RuntimeFractionalPercent& out) {
  out.mutable_default_value()->set_numerator(millionths);
  out.mutable_default_value()->set_denominator(envoy::type::v3::FractionalPercent::MILLION);
}

// Envoy compares host and port without the scheme.
std::string host_of(const std::string& origin) {
  const size_t scheme = origin.find("://");
  return scheme == std::string::npos ? origin : origin.substr(scheme + 3);
}

}  // namespace

void write_csrf(const api::Csrf& csrf, FilterConfigs& out) {
  envoy::extensions::filters::http::csrf::v3::CsrfPolicy policy;
  uint32_t shadow = 0;
  if (csrf.shadow_fraction) {
    const auto& [numerator, denominator] = *csrf.shadow_fraction;
    shadow = static_cast<uint32_t>(int64_t{numerator} * kMillion / denominator);
  }
  write_share(kMillion - shadow, *policy.mutable_filter_enabled());
  if (shadow > 0) write_share(kMillion, *policy.mutable_shadow_enabled());
  for (const std::string& origin : csrf.additional_origins)
    write_origin(host_of(origin), *policy.add_additional_origins());
  out[kCsrf].PackFrom(policy);
}

}  // namespace limen::features
