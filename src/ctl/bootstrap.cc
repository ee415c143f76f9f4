// `limen bootstrap`: the configuration that an Envoy on another machine starts with.
#include "xds/bootstrap/bootstrap.h"

#include <fmt/format.h>
#include <unistd.h>

#include <climits>
#include <filesystem>

#include "base/yaml.h"
#include "ctl/certs.h"
#include "ctl/commands.h"

namespace limen::ctl {
namespace {

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return ::gethostname(name, HOST_NAME_MAX) == 0 ? name : "envoy";
}

}  // namespace

int bootstrap(const BootstrapOptions& options) {
  const auto address = xds::parse_address(options.xds_address);
  if (!address) {
    fmt::print(stderr, "limen: --xds-address {}\n", address.error().message);
    return kUsage;
  }
  const std::string folder = std::filesystem::absolute(options.certs_dir).lexically_normal();
  const PairFiles pair = proxy_files(folder, options.proxy);
  for (const std::string& file : {pair.certificate, authority_files(folder).certificate}) {
    if (std::filesystem::exists(file)) continue;
    fmt::print(stderr, "limen: {} is missing: `limen certgen --dir {} --proxy {}` makes it\n", file,
               options.certs_dir, options.proxy);
    return kFailed;
  }
  xds::BootstrapSettings settings;
  settings.proxy = options.proxy;
  settings.node = options.node.empty() ? host_name() : options.node;
  settings.admin_socket = options.admin_socket;
  settings.xds_server =
      xds::TlsServer{*address, pair.certificate, pair.key, authority_files(folder).certificate};
  const Json config = xds::make_bootstrap(settings);
  fmt::print("{}", options.output == "json" ? to_json(config, 2) + "\n" : to_yaml(config));
  return kOk;
}

}  // namespace limen::ctl
