// `limen certgen --kubernetes`: the Secrets that `limen server` makes itself, for those who don't
// let it.
#include <fmt/format.h>

#include "ctl/commands.h"
#include "infra/authority/authority_secrets.h"
#include "kube/client.h"

namespace limen::ctl {
namespace {

constexpr std::chrono::seconds kPatience{60};

// Until both are there and good.
Status await_secrets(kube::Config config) {
  EventLoop loop;
  std::unique_ptr<kube::Client> client;
  infra::AuthoritySecretsSettings settings;
  settings.name_space = config.name_space;
  infra::AuthoritySecrets secrets(
      settings, loop,
      [&client](kube::Request request, std::function<void(kube::Answer)> done) {
        client->send(std::move(request), std::move(done));
      },
      [&loop] { loop.stop(); });
  client = std::make_unique<kube::Client>(std::move(config), kube::ClientSettings(), loop);
  for (kube::Follow& follow : secrets.follows()) client->follow(std::move(follow));
  loop.after(kPatience, [&loop] { loop.stop(); });
  loop.run();
  const bool ready = secrets.ready();
  client.reset();  // tells nothing any more
  if (ready) return {};
  return Error{fmt::format("{} and {} in namespace {} are not there after {} s",
                           infra::kAuthoritySecret, infra::kServerSecret, settings.name_space,
                           kPatience.count())};
}

}  // namespace

int certgen_in_kubernetes(const CertgenOptions& options) {
  kube::ConfigPlaces places;
  places.kubeconfig = options.kubeconfig;
  Result<kube::Config> config = kube::find_config(places);
  if (config && !options.name_space.empty()) config->name_space = options.name_space;
  const Status done = config ? await_secrets(std::move(*config)) : Status(config.error());
  if (done) return kOk;
  fmt::print(stderr, "limen: {}\n", done.error().message);
  return kFailed;
}

}  // namespace limen::ctl
