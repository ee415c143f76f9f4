// How a client's address is found.  The same address is what authorization.clientCIDRs sees.
#include <envoy/extensions/http/original_ip_detection/custom_header/v3/custom_header.pb.h>
#include <envoy/extensions/http/original_ip_detection/xff/v3/xff.pb.h>
#include <fmt/format.h>

#include "features/cidr.h"
#include "features/client_traffic/http.h"

namespace limen::features {
namespace {

namespace detection_v3 = envoy::extensions::http::original_ip_detection;

constexpr char kPath[] = "spec.clientIPDetection";

// Envoy takes no extension beside the address of the connection.
void add_extension(const char* name, const google::protobuf::Message& config,
                   HttpConnectionManager& out) {
  out.mutable_use_remote_address()->set_value(false);
  auto& extension = *out.add_original_ip_detection_extensions();
  extension.set_name(name);
  extension.mutable_typed_config()->PackFrom(config);
}

void write_forwarded_for(const api::XForwardedForSettings& settings, HttpConnectionManager& out,
                         Problems& problems) {
  const bool skip_append = settings.disable_x_forwarded_for_append.value_or(false);
  if (settings.num_trusted_hops) {
    out.set_xff_num_trusted_hops(static_cast<uint32_t>(*settings.num_trusted_hops));
    out.set_skip_xff_append(skip_append);
    return;
  }
  detection_v3::xff::v3::XffConfig config;
  config.mutable_skip_xff_append()->set_value(skip_append);
  for (size_t i = 0; i < settings.trusted_cidrs.size(); ++i) {
    const std::string& cidr = settings.trusted_cidrs[i];
    if (!parse_cidr(cidr, *config.mutable_xff_trusted_cidrs()->add_cidrs()))
      problems.push_back({"Invalid", fmt::format("{}.xForwardedFor.trustedCIDRs[{}]", kPath, i),
                          fmt::format("'{}' is no range of addresses", cidr)});
  }
  add_extension("envoy.http.original_ip_detection.xff", config, out);
}

void write_custom_header(const api::CustomHeaderSettings& settings, HttpConnectionManager& out) {
  detection_v3::custom_header::v3::CustomHeaderConfig config;
  config.set_header_name(settings.name);
  config.set_allow_extension_to_set_address_as_trusted(true);
  if (settings.fail_closed.value_or(false))
    config.mutable_reject_with_status()->set_code(envoy::type::v3::Forbidden);
  add_extension("envoy.http.original_ip_detection.custom_header", config, out);
}

}  // namespace

void write_client_address(const api::ClientIpDetectionSettings& detection,
                          HttpConnectionManager& out, Problems& problems) {
  if (detection.x_forwarded_for) write_forwarded_for(*detection.x_forwarded_for, out, problems);
  if (detection.custom_header) write_custom_header(*detection.custom_header, out);
}

}  // namespace limen::features
