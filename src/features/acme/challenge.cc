#include "features/security.h"

namespace limen::features {

void write_challenge_answer(const std::string& token, const std::string& key_authorization,
                            const FilterConfigs& of_virtual_host, route_v3::Route& out) {
  out.mutable_match()->set_path("/.well-known/acme-challenge/" + token);
  auto& answer = *out.mutable_direct_response();
  answer.set_status(200);
  answer.mutable_body()->set_inline_string(key_authorization);
  FilterConfigs& configs = *out.mutable_typed_per_filter_config();
  for (const auto& [filter, entry] : of_virtual_host) {
    if (filter == kListenerCors)
      switch_off_listener_cors(configs);
    else if (filter != kContextAuth)  // kListenerContext is its filter
      configs[filter] = nothing_for(filter);
  }
}

}  // namespace limen::features
