#include <envoy/extensions/filters/http/api_key_auth/v3/api_key_auth.pb.h>

#include "features/security.h"
#include "features/slot.h"

namespace limen::features {

void write_api_key_auth(const api::ApiKeyAuth& auth, const std::vector<ClientKey>& keys,
                        FilterConfigs& out) {
  envoy::extensions::filters::http::api_key_auth::v3::ApiKeyAuth filter;
  for (const ClientKey& client : keys) {
    auto* credential = filter.add_credentials();
    credential->set_client(client.client);
    credential->set_key(client.key);
  }
  for (const api::ExtractFrom& from : auth.extract_from) {
    for (const std::string& name : from.headers) filter.add_key_sources()->set_header(name);
    for (const std::string& name : from.params) filter.add_key_sources()->set_query(name);
    for (const std::string& name : from.cookies) filter.add_key_sources()->set_cookie(name);
  }
  if (auth.forward_client_id_header)
    filter.mutable_forwarding()->set_header(*auth.forward_client_id_header);
  if (auth.sanitize) filter.mutable_forwarding()->set_hide_credentials(true);
  out[kApiKeyAuth] = run_filter("envoy.filters.http.api_key_auth", filter);
}

}  // namespace limen::features
