// `limen bootstrap`: the configuration that an Envoy on another machine starts with.
#include "xds/bootstrap/bootstrap.h"

#include <fmt/format.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <optional>

#include "base/files.h"
#include "base/yaml.h"
#include "ctl/certs.h"
#include "ctl/commands.h"

namespace limen::ctl {
namespace {

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return ::gethostname(name, HOST_NAME_MAX) == 0 ? name : "envoy";
}

std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

// `text` of a flag; "": it was not given.
Status set_address(const char* flag, const std::string& text, std::optional<xds::Address>& result) {
  if (text.empty()) return {};
  const auto address = xds::parse_address(text);
  if (!address) return Error{fmt::format("{} {}", flag, address.error().message)};
  result = *address;
  return {};
}

Result<xds::BootstrapSettings> settings_of(const BootstrapOptions& options) {
  xds::BootstrapSettings settings;
  std::optional<xds::Address> server;
  for (const Status& set : {set_address("--xds-address", options.xds_address, server),
                            set_address("--stats-address", options.stats_address, settings.stats),
                            set_address("--ready-address", options.ready_address, settings.ready)})
    if (!set) return set.error();
  settings.proxy = options.proxy;
  settings.node = options.node.empty() ? host_name() : options.node;
  settings.admin_socket = options.admin_socket;
  settings.memory_limit = options.memory_limit_mib << 20;
  const std::string folder = absolute(options.certs_dir);
  xds::TlsServer tls{*server, authority_files(folder).certificate, {}, absolute(options.sds_dir)};
  if (options.token_file.empty()) {
    const PairFiles pair = proxy_files(folder, options.proxy);
    tls.credential = xds::ClientCertificate{pair.certificate, pair.key};
  } else {
    tls.credential = xds::BearerToken{absolute(options.token_file)};
  }
  settings.xds_server = std::move(tls);
  return settings;
}

Status check_and_write(const BootstrapOptions& options, const xds::TlsServer& server) {
  std::vector<std::string> needed = {server.ca_file};
  if (const auto* own = std::get_if<xds::ClientCertificate>(&server.credential))
    needed.push_back(own->certificate_file);
  for (const std::string& file : needed) {
    if (!std::filesystem::exists(file))
      return Error{fmt::format("{} is missing: `limen certgen --dir {} --proxy {}` makes it", file,
                               options.certs_dir, options.proxy)};
  }
  if (server.sds_folder.empty()) return {};
  if (Status made = make_folder(server.sds_folder, 0755); !made) return made;
  for (const auto& [name, content] : xds::sds_files(server)) {
    if (Status written =
            write_file(server.sds_folder + "/" + name, to_json(content, 2) + "\n", 0644);
        !written)
      return written;
  }
  return {};
}

}  // namespace

int bootstrap(const BootstrapOptions& options) {
  const auto settings = settings_of(options);
  if (!settings) {
    fmt::print(stderr, "limen: {}\n", settings.error().message);
    return kUsage;
  }
  if (const Status done = check_and_write(options, std::get<xds::TlsServer>(settings->xds_server));
      !done) {
    fmt::print(stderr, "limen: {}\n", done.error().message);
    return kFailed;
  }
  const Json config = xds::make_bootstrap(*settings);
  fmt::print("{}", options.output == "json" ? to_json(config, 2) + "\n" : to_yaml(config));
  return kOk;
}

}  // namespace limen::ctl
