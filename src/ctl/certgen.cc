// `limen certgen`: the certificates for proxies on other machines.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "ctl/certs.h"
#include "ctl/commands.h"
#include "pki/authority.h"
#include "pki/identity.h"

namespace limen::ctl {
namespace {

constexpr int kAuthorityDays = 3650;

bool exists(const std::string& path) { return std::filesystem::exists(path); }

Status write_pair(const PairFiles& files, const pki::KeyPair& pair) {
  // The key first: a certificate without its key is of no use to anyone.
  if (Status written = write_file(files.key, pair.key, 0600); !written) return written;
  if (Status written = write_file(files.certificate, pair.certificate, 0644); !written)
    return written;
  fmt::print("wrote {} and {}\n", files.certificate, files.key);
  return {};
}

Result<pki::KeyPair> read_pair(const PairFiles& files) {
  constexpr size_t kMax = 1 << 20;
  auto certificate = read_file(files.certificate, kMax);
  if (!certificate) return certificate.error();
  auto key = read_file(files.key, kMax);
  if (!key) return key.error();
  return pki::KeyPair{*certificate, *key};
}

Result<pki::KeyPair> authority_of(const std::string& folder) {
  const PairFiles files = authority_files(folder);
  if (exists(files.certificate) || exists(files.key)) return read_pair(files);
  auto made = pki::make_authority("limen authority", pki::life_of_days(kAuthorityDays));
  if (!made) return made;
  if (Status written = write_pair(files, *made); !written) return written.error();
  return made;
}

Status make(const CertgenOptions& options) {
  if (Status made = make_folder(options.dir, 0700); !made) return made;
  const auto authority = authority_of(options.dir);
  if (!authority) return authority.error();
  const auto issue = [&](const PairFiles& files, const pki::Subject& subject) -> Status {
    if (!options.renew && exists(files.certificate)) {
      fmt::print("{} is there already (--renew makes a new one)\n", files.certificate);
      return {};
    }
    const auto pair = pki::issue(*authority, subject);
    return pair ? write_pair(files, *pair) : Status(pair.error());
  };
  std::vector<std::string> hosts = options.hosts;
  if (hosts.empty()) hosts = {"localhost", "127.0.0.1"};
  if (Status done = issue(server_files(options.dir),
                          {"limen", pki::kXdsServerId, hosts, pki::life_of_days(options.days)});
      !done)
    return done;
  for (const std::string& proxy : options.proxies) {
    const pki::Subject subject{
        "envoy", pki::id_of_proxy(proxy), {}, pki::life_of_days(options.days)};
    if (Status done = issue(proxy_files(options.dir, proxy), subject); !done) return done;
  }
  return {};
}

}  // namespace

PairFiles authority_files(const std::string& folder) {
  return {folder + "/ca.crt", folder + "/ca.key"};
}
PairFiles server_files(const std::string& folder) {
  return {folder + "/server.crt", folder + "/server.key"};
}
PairFiles proxy_files(const std::string& folder, const std::string& proxy) {
  std::string name = proxy;
  std::replace(name.begin(), name.end(), '/', '_');  // no object's name has a '_'
  return {folder + "/" + name + ".crt", folder + "/" + name + ".key"};
}

int certgen(const CertgenOptions& options) {
  const Status done = make(options);
  if (done) return kOk;
  fmt::print(stderr, "limen: {}\n", done.error().message);
  return kFailed;
}

}  // namespace limen::ctl
