// TLSRoute, TCPRoute and UDPRoute -> the filter that serves the connections, or the datagrams, of a
// host on a listener.  The three have the same rule; what differs is decided by the listener.
#include "translate/route/stream.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "features/features.h"
#include "translate/backend/resolve.h"

namespace limen::translate {
namespace {

class Translation {
 public:
  Translation(flow::Reads& reads, World& world, const StreamForm& form,
              const Attachments& attachments)
      : form_(form), attachments_(attachments) {
    for (const api::StreamRouteRule& rule : form.rules) {
      for (const api::BackendRef& ref : rule.backend_refs) resolve(reads, world, ref);
    }
    if (form.secured) result_.secured = 1;
  }

  std::shared_ptr<TranslatedRoute> run() {
    for (const Attachment& parent : attachments_.parents) {
      for (const AttachedListener& listener : parent.listeners) serve(listener);
    }
    auto& clusters = result_.clusters;
    std::sort(clusters.begin(), clusters.end());
    clusters.erase(std::unique(clusters.begin(), clusters.end()), clusters.end());
    return std::make_shared<TranslatedRoute>(std::move(result_));
  }

 private:
  struct Target {
    ResolvedBackend backend;
    uint32_t weight = 0;
  };

  void resolve(flow::Reads& reads, World& world, const api::BackendRef& ref) {
    Target target{resolve_backend(reads, world, form_.key, ref.ref),
                  static_cast<uint32_t>(ref.weight)};
    if (target.backend.verdict.ok && !passes_through())
      target.backend.verdict = check_server_name(reads, world, target.backend.cluster);
    if (!target.backend.verdict.ok && result_.resolved_refs.ok)
      result_.resolved_refs = target.backend.verdict;
    targets_.push_back(std::move(target));
  }

  // Everywhere: the TLS is the client's and the backend's own.
  bool passes_through() const {
    const auto& parents = attachments_.parents;
    return std::all_of(parents.begin(), parents.end(), [](const Attachment& parent) {
      return std::all_of(parent.listeners.begin(), parent.listeners.end(),
                         [](const AttachedListener& listener) { return listener.passthrough; });
    });
  }

  void serve(const AttachedListener& listener) {
    const bool closed = form_.secured && form_.sources == nullptr;
    std::vector<features::Share> shares;
    for (const Target& target : targets_) {
      if (target.weight == 0 || closed) continue;
      if (!target.backend.verdict.ok) {
        shares.push_back({kInvalidBackend, target.weight});
        continue;
      }
      ClusterRef cluster = target.backend.cluster;
      if (listener.passthrough) cluster.protocol = BackendProtocol::kTls;
      shares.push_back({cluster.text(), target.weight});
      result_.clusters.push_back({listener.proxy, std::move(cluster)});
    }
    if (shares.empty()) shares.push_back({kInvalidBackend});
    const FragmentPtr server = server_for(form_.key.kind, shares, listener.port, form_.sources);
    for (const RouteHost& host : listener.hosts) add_entry(listener, host, server);
  }

  void add_entry(const AttachedListener& listener, const RouteHost& host, FragmentPtr server) {
    RouteEntry& entry = result_.entries.emplace_back();
    entry.virtual_host = {listener.proxy, {}, listener.listener, host.host};
    entry.order.hostname = static_cast<int16_t>(-host.own);
    entry.order.created = attachments_.created;
    entry.order.route = form_.key;
    entry.order.entry = static_cast<uint32_t>(result_.entries.size() - 1);
    entry.route = std::move(server);
  }

  const StreamForm& form_;
  const Attachments& attachments_;
  std::vector<Target> targets_;
  TranslatedRoute result_;
};

}  // namespace

FragmentPtr server_for(api::Kind route, const std::vector<features::Share>& shares, int32_t port,
                       const FragmentPtr& sources) {
  if (route == api::Kind::kUdpRoute) {
    envoy::config::listener::v3::ListenerFilter filter;
    features::write_udp_proxy(shares, absl::StrCat("udp-", port), filter);
    return xds::fragment_of(filter);
  }
  envoy::config::listener::v3::FilterChain chain;
  if (sources != nullptr && !sources->bytes.empty())
    chain.mutable_filter_chain_match()->ParseFromString(sources->bytes);
  features::write_tcp_proxy(shares, absl::StrCat("tcp-", port), *chain.add_filters());
  return xds::fragment_of(chain);
}

std::shared_ptr<TranslatedRoute> translate_stream(flow::Reads& reads, World& world,
                                                  const StreamForm& form,
                                                  const Attachments& attachments) {
  return Translation(reads, world, form, attachments).run();
}

}  // namespace limen::translate
