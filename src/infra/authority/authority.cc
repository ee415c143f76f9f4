#include "infra/authority/authority.h"

#include <fmt/format.h>

#include <algorithm>

#include "pki/certificate.h"
#include "pki/identity.h"

namespace limen::infra {
namespace {

constexpr char kName[] = "limen authority";

// Until then certificates of the signer before `signer` may be in use.
pki::TimePoint end_of_old(const pki::Certificate& signer, const AuthoritySettings& settings) {
  return signer.begin + 2 * settings.overlap + settings.certificate_life;
}

bool has_all(const std::vector<std::string>& wanted, const std::vector<std::string>& there) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& each) {
    return std::find(there.begin(), there.end(), each) != there.end();
  });
}

}  // namespace

std::string Authority::trusted() const {
  std::string all = signer.certificate;
  if (next) all += next->certificate;
  return all + old;
}

Result<Authority> make_authority(const AuthoritySettings& settings, pki::TimePoint now) {
  auto pair = pki::make_authority(kName, {now, settings.authority_life});
  if (!pair) return pair.error();
  return Authority{std::move(*pair), std::nullopt, ""};
}

Result<std::optional<Authority>> advance(const Authority& authority,
                                         const AuthoritySettings& settings, pki::TimePoint now) {
  const auto signer = pki::read_certificate(authority.signer.certificate);
  if (!signer) return signer.error();
  Authority result = authority;
  if (now >= signer->not_after && !authority.next) {
    auto made = make_authority(settings, now);
    if (!made) return made.error();
    return std::optional(std::move(*made));
  }
  if (!authority.old.empty() && now >= end_of_old(*signer, settings)) result.old.clear();
  if (!authority.next && pki::is_due(*signer, now)) {
    auto next = pki::make_authority(kName, {now, settings.authority_life});
    if (!next) return next.error();
    result.next = std::move(*next);
  } else if (authority.next) {
    const auto next = pki::read_certificate(authority.next->certificate);
    if (!next) return next.error();
    if (now >= next->begin + settings.overlap) {
      result.old = std::move(result.signer.certificate);
      result.signer = std::move(*result.next);
      result.next.reset();
    }
  }
  if (result == authority) return std::optional<Authority>();
  return std::optional(std::move(result));
}

Holder proxy_holder(const std::string& proxy) { return {"envoy", pki::id_of_proxy(proxy), {}}; }

std::string xds_host(const std::string& name_space) {
  return fmt::format("limen.{}.svc.cluster.local", name_space);
}

Holder server_holder(const std::string& name_space) {
  const std::string service = fmt::format("limen.{}", name_space);
  return {"limen", pki::kXdsServerId, {"limen", service, service + ".svc", xds_host(name_space)}};
}

Result<Credentials> issue(const Authority& authority, const Holder& holder,
                          const AuthoritySettings& settings, pki::TimePoint now) {
  auto pair =
      pki::issue(authority.signer,
                 {holder.common_name, holder.uri, holder.hosts, {now, settings.certificate_life}});
  if (!pair) return pair.error();
  return Credentials{std::move(pair->certificate), std::move(pair->key), authority.trusted()};
}

std::string reason_to_renew(const Credentials& present, const Authority& authority,
                            const Holder& holder, pki::TimePoint now) {
  if (const Status pair = pki::check_pair({present.certificate, present.key}); !pair)
    return pair.error().message;
  const auto certificate = pki::read_certificate(present.certificate);
  if (!certificate) return certificate.error().message;
  if (!pki::is_signed_by(present.certificate, authority.signer.certificate))
    return "it was not signed by the present authority";
  if (!has_all({holder.uri}, certificate->uris) || !has_all(holder.hosts, certificate->hosts))
    return "it is not for all the names that it should be for";
  if (pki::is_due(*certificate, now)) return "no more than a third of its life is left";
  if (present.ca != authority.trusted()) return "the trusted authorities are others";
  return "";
}

}  // namespace limen::infra
