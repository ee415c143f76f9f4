// Parts of write_client_http().  Within this folder only.
#pragma once

#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>

#include "features/client_traffic.h"

namespace limen::features {

void write_client_headers(const api::HeaderSettings& headers, HttpConnectionManager& out,
                          Problems& problems);
void write_client_address(const api::ClientIpDetectionSettings& detection,
                          HttpConnectionManager& out, Problems& problems);

// Ahead of all that are there.
void add_first_filter(const char* name, const google::protobuf::Message& config,
                      HttpConnectionManager& out);

}  // namespace limen::features
