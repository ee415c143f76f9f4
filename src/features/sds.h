// A secret that Envoy gets from us.  For src/features, and for translate/sds.h, which knows others,
// too.
#pragma once

#include <envoy/extensions/transport_sockets/tls/v3/secret.pb.h>

#include <string>

namespace limen::features {

inline void write_sds(const std::string& name,
                      envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig& out) {
  out.set_name(name);
  out.mutable_sds_config()->set_resource_api_version(envoy::config::core::v3::V3);
  out.mutable_sds_config()->mutable_ads();
}

}  // namespace limen::features
