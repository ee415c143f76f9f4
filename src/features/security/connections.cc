// Rules of a SecurityPolicy for connections: whose may come.  They become what Envoy chooses a
// filter chain by, and not its network RBAC filter: that one waits for a client's first byte, and
// until then tcp_proxy has connected whom it refuses with the backend (measured with Envoy 1.40).
#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>

#include "features/cidr.h"
#include "features/security.h"

namespace limen::features {
namespace {

using Action = api::AuthorizationAction;

// The addresses of a family by their bits.  What rules decide later is about what earlier ones have
// left.
class Addresses {
 public:
  explicit Addresses(bool v6) { root_.cidr.v6 = v6; }

  void decide(const Cidr& cidr, Action action) {
    Node* node = &root_;
    for (uint32_t i = 0; i < cidr.length; ++i) {
      if (node->action) return;
      auto& next = node->next[cidr.bit(i) ? 1 : 0];
      if (next == nullptr) next = std::make_unique<Node>(half(node->cidr, cidr.bit(i)));
      node = next.get();
    }
    if (!node->action) node->action = action;
  }

  // Appends the ranges that are allowed.
  void list(Action otherwise, std::vector<Cidr>& out) const { list(root_, otherwise, out); }

 private:
  struct Node {
    explicit Node(const Cidr& range = {}) : cidr(range) {}
    Cidr cidr;
    std::optional<Action> action;  // for what no node below decides
    std::array<std::unique_ptr<Node>, 2> next;
  };

  static Cidr half(Cidr cidr, bool upper) {
    if (upper) cidr.bytes[cidr.length / 8] |= static_cast<uint8_t>(0x80U >> cidr.length % 8);
    ++cidr.length;
    return cidr;
  }

  // Two halves that are wholly allowed are one range.
  static void list(const Node& node, Action inherited, std::vector<Cidr>& out) {
    const Action action = node.action.value_or(inherited);
    const bool is_leaf = node.next[0] == nullptr && node.next[1] == nullptr;
    if (is_leaf) {
      if (action == Action::kAllow) out.push_back(node.cidr);
      return;
    }
    const size_t first = out.size();
    for (const bool upper : {false, true}) {
      const auto& next = node.next[upper ? 1 : 0];
      if (next != nullptr)
        list(*next, action, out);
      else if (action == Action::kAllow)
        out.push_back(half(node.cidr, upper));
    }
    const uint32_t below = node.cidr.length + 1;
    if (out.size() != first + 2 || out[first].length != below || out[first + 1].length != below)
      return;
    out.resize(first);
    out.push_back(node.cidr);
  }

  Node root_;
};

// What of a rule connections have nothing of; "": nothing.
std::string beyond_addresses(const api::AuthorizationRule& rule) {
  if (rule.operation) return ".operation";
  if (rule.cel) return ".cel";
  if (!rule.principal) return ".principal";
  if (rule.principal->jwt) return ".principal.jwt";
  if (!rule.principal->headers.empty()) return ".principal.headers";
  if (!rule.principal->client_ip_geo_locations.empty()) return ".principal.clientIPGeoLocations";
  return "";
}

class Reader {
 public:
  ConnectionSources read(const api::Authorization& authorization) {
    for (size_t i = 0; i < authorization.rules.size(); ++i)
      decide(authorization.rules[i], fmt::format("spec.authorization.rules[{}]", i));
    const Action otherwise = authorization.default_action.value_or(Action::kDeny);
    v4_.list(otherwise, result_.ranges);
    v6_.list(otherwise, result_.ranges);
    if (result_.ranges.size() > kMostRanges)
      fail("spec.authorization", fmt::format("comes to {} ranges of addresses; {} is the most",
                                             result_.ranges.size(), kMostRanges));
    return std::move(result_);
  }

 private:
  void fail(const std::string& path, const std::string& message) {
    result_.problems.push_back({"Invalid", path, message});
  }

  void decide(const api::AuthorizationRule& rule, const std::string& path) {
    const std::string beyond = beyond_addresses(rule);
    if (!beyond.empty())
      return fail(path + beyond, "a rule for a TCPRoute can only ask for principal.clientCIDRs");
    for (size_t i = 0; i < rule.principal->client_cidrs.size(); ++i) {
      const std::string& text = rule.principal->client_cidrs[i];
      const auto cidr = parse_cidr(text);
      if (++count_ > kMostCidrs)
        return fail(path, fmt::format("there are more than {} ranges", kMostCidrs));
      if (!cidr)
        fail(fmt::format("{}.principal.clientCIDRs[{}]", path, i),
             fmt::format("'{}' is no range of addresses", text));
      else
        (cidr->v6 ? v6_ : v4_).decide(*cidr, rule.action);
    }
  }

  static constexpr size_t kMostCidrs = 10'000;
  static constexpr size_t kMostRanges = 20'000;

  Addresses v4_{false}, v6_{true};
  size_t count_ = 0;
  ConnectionSources result_;
};

}  // namespace

bool ConnectionSources::everybody() const {
  return ranges.size() == 2 && ranges[0].length == 0 && ranges[1].length == 0;
}

ConnectionSources read_connection_sources(const api::Authorization& authorization) {
  return Reader().read(authorization);
}

void write_sources(const ConnectionSources& sources, listener_v3::FilterChainMatch& out) {
  if (sources.everybody()) return;
  for (const Cidr& range : sources.ranges) write_cidr(range, *out.add_source_prefix_ranges());
}

}  // namespace limen::features
