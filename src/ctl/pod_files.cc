#include "ctl/pod_files.h"

#include <fmt/format.h>

#include "xds/bootstrap/patch.h"

namespace limen::ctl {
namespace {

constexpr char kAnyHost[] = "0.0.0.0";

std::string in(const char* folder, const char* name) { return fmt::format("{}/{}", folder, name); }

xds::TlsServer tls_server(const PodServer& server) {
  xds::TlsServer tls;
  tls.address = server.address;
  tls.sds_folder = infra::kConfigFolder;
  if (server.token) {
    tls.ca_file = in(infra::kConfigFolder, infra::kCaName);
    tls.credential = xds::BearerToken{infra::kTokenFile};
  } else {
    tls.ca_file = in(infra::kCertificateFolder, infra::kCaName);
    tls.credential = xds::ClientCertificate{in(infra::kCertificateFolder, "tls.crt"),
                                            in(infra::kCertificateFolder, "tls.key")};
  }
  return tls;
}

}  // namespace

infra::ConfigFiles pod_files(const infra::ProxyPlan& plan, const PodServer& server) {
  const xds::TlsServer tls = tls_server(server);
  xds::BootstrapSettings settings;
  settings.proxy = plan.proxy;
  settings.admin_socket = infra::kAdminSocket;
  settings.xds_server = tls;
  settings.labels = plan.labels;
  settings.annotations = plan.annotations;
  settings.stats = xds::Address{kAnyHost, infra::kStatsPort};
  settings.ready = xds::Address{kAnyHost, infra::kReadyPort};
  settings.memory_limit = infra::memory_limit(plan).value_or(0);
  Json config = xds::make_bootstrap(settings);
  if (plan.settings.bootstrap) {  // checked by the translation
    if (auto patched = xds::patch_bootstrap(config, *plan.settings.bootstrap))
      config = std::move(*patched);
  }
  infra::ConfigFiles files;
  files[infra::kBootstrapName] = to_json(config, 2) + "\n";
  for (const auto& [name, content] : xds::sds_files(tls)) files[name] = to_json(content, 2) + "\n";
  if (server.token) files[infra::kCaName] = server.ca;
  return files;
}

}  // namespace limen::ctl
