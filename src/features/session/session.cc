#include <envoy/extensions/filters/http/stateful_session/v3/stateful_session.pb.h>
#include <envoy/extensions/http/stateful_session/cookie/v3/cookie.pb.h>
#include <envoy/extensions/http/stateful_session/header/v3/header.pb.h>

#include "features/features.h"

namespace limen::features {
namespace {

namespace session_v3 = envoy::extensions::http::stateful_session;

// Envoy adds HttpOnly by itself.  Source: GEP-1619, "Secure, HttpOnly, SameSite".
void protect(bool https, envoy::type::http::v3::Cookie& cookie) {
  if (https) cookie.add_attributes()->set_name("Secure");
  auto& same_site = *cookie.add_attributes();
  same_site.set_name("SameSite");
  same_site.set_value("Strict");
}

session_v3::cookie::v3::CookieBasedSessionState cookie_state(const api::SessionPersistence& session,
                                                             const std::string& default_name,
                                                             bool https) {
  const api::CookieConfig cookie = session.cookie.value_or(api::CookieConfig{});
  session_v3::cookie::v3::CookieBasedSessionState state;
  state.mutable_cookie()->set_name(cookie.name.value_or(default_name));
  state.mutable_cookie()->set_path(cookie.path);
  const bool permanent = cookie.lifetime_type == api::CookieLifetime::kPermanent;
  if (permanent && session.absolute_timeout) {
    state.mutable_cookie()->mutable_ttl()->set_seconds(session.absolute_timeout->value.count() /
                                                       1000);
  }
  protect(https, *state.mutable_cookie());
  return state;
}

}  // namespace

void write_session(const api::SessionPersistence& session, const std::string& default_name,
                   bool https, route_v3::Route& out) {
  envoy::extensions::filters::http::stateful_session::v3::StatefulSessionPerRoute per_route;
  auto* state = per_route.mutable_stateful_session()->mutable_session_state();
  switch (session.type) {
    case api::SessionPersistenceType::kCookie:
      state->set_name("envoy.http.stateful_session.cookie");
      state->mutable_typed_config()->PackFrom(cookie_state(session, default_name, https));
      break;
    case api::SessionPersistenceType::kHeader: {
      session_v3::header::v3::HeaderBasedSessionState header;
      header.set_name(session.header ? session.header->name : default_name);
      state->set_name("envoy.http.stateful_session.header");
      state->mutable_typed_config()->PackFrom(header);
      break;
    }
  }
  (*out.mutable_typed_per_filter_config())[kSessionFilter].PackFrom(per_route);
}

}  // namespace limen::features
