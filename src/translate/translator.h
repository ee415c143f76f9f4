// Gateway API objects in, xDS resources, statuses and proxy plans out: the engine behind `run`,
// `server`, `translate` and `validate`.
//
// One thread owns a Translator.  Each apply() is one commit: it costs what the changes affect, and
// what it returns is exactly what became different.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "acme/keeper.h"
#include "api/kinds.h"
#include "infra/plan.h"
#include "xds/resources/resource.h"

namespace limen::translate {

// Where the proxies run, which decides what their addresses are.
enum class Platform {
  kHost,        // this machine's, or `Options::addresses`
  kKubernetes,  // those of Services, as ProxyState says
};

struct Options {
  Platform platform = Platform::kHost;
  // Of Platform::kKubernetes: what runs a Gateway is made in the Gateway's namespace.
  bool gateway_namespaces = false;
  std::string controller_name = "gateway.envoyproxy.io/gatewayclass-controller";
  // Listener ports below this are bound shifted by 10000 (Envoy Gateway's rule); 0: never shift.
  int32_t first_unprivileged_port = 0;
  // Gateway.status.addresses of Gateways that ask for none.
  std::vector<std::string> addresses = {"127.0.0.1"};
  // The IP addresses that Gateways may ask for; nullopt: any, the host is not known.
  std::optional<std::vector<std::string>> host_addresses;
  // Where no Backend's Unix socket may be: here a pod's Envoy has its admin interface.
  std::vector<std::string> closed_folders = {"/var/run/limen", "/run/limen"};
  // The file with the CAs that Envoy's machine trusts; "": it has none.
  std::string system_cas = "/etc/ssl/certs/ca-certificates.crt";
  // Whether certificates are obtained by ACME where policies ask for it.
  bool acme = true;
  // Let's Encrypt's staging environment stands in for Let's Encrypt.
  bool acme_staging = false;
};

// Shared with the tables.  monostate: the object is gone.
using AnyStatus =
    std::variant<std::monostate, std::shared_ptr<const api::GatewayClassStatus>,
                 std::shared_ptr<const api::GatewayStatus>, std::shared_ptr<const api::RouteStatus>,
                 std::shared_ptr<const api::BackendStatus>,
                 std::shared_ptr<const api::ListenerSetStatus>,
                 std::shared_ptr<const api::PolicyStatus>>;

struct StatusChange {
  api::Kind kind;
  api::ObjectKey key;
  AnyStatus status;

  bool gone() const { return std::holds_alternative<std::monostate>(status); }
};

// Where an OpenID provider serves what.  Source: OpenID Connect Discovery 1.0, section 3, and
// RP-Initiated Logout 1.0, section 2.1.
struct OidcEndpoints {
  std::string authorization, token;
  std::string end_session = {};  // "": nowhere
  bool operator==(const OidcEndpoints&) const = default;
};

// A provider whose endpoints are to be found.
struct IssuerName {
  std::string issuer;
  std::string backend = {};  // the cluster whose CAs verify its server; "": the system's do
  auto operator<=>(const IssuerName&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const IssuerName& name) {
    return H::combine(std::move(h), name.issuer, name.backend);
  }
};

// How its server is verified.
struct IssuerTrust {
  std::string authorities = {};  // PEM; "": the system's
  bool verify = true;            // false: the user wants it unverified
  bool operator==(const IssuerTrust&) const = default;
};

// What is known of it.
struct OidcIssuer {
  IssuerName name;
  std::optional<OidcEndpoints> endpoints;
  std::string message = {};  // why there are none
  bool operator==(const OidcIssuer&) const = default;
};

struct IssuerChange {
  IssuerName name;
  std::shared_ptr<const IssuerTrust> trust;  // nullptr: no policy in force wants it
};

// A certificate that is to be kept in a Secret.
struct WantedCertificate {
  acme::Wanted wanted;
  std::vector<std::string> proxies;  // whose listeners show it, and answer challenges; sorted

  bool operator==(const WantedCertificate&) const = default;
};
struct CertificateChange {
  api::ObjectKey secret;
  std::shared_ptr<const WantedCertificate> wanted;  // nullptr: it is no longer
};

struct Output {
  std::vector<xds::ResourceChange> resources;  // in no special order: the xDS server orders
  std::vector<StatusChange> statuses;
  std::vector<infra::PlanChange> plans;
  std::vector<IssuerChange> issuers;
  std::vector<CertificateChange> certificates;
  size_t rows = 0;  // rules that ran
};

// What an Envoy said to a version of a resource; told by the xDS server.
struct EnvoyAnswer {
  std::string proxy;
  xds::ResourceType type;
  std::string name;
  uint64_t hash = 0;    // of that version
  std::string refusal;  // Envoy's message; "": it accepted
};

// How far the proxies of a plan are; found by the infrastructure.
struct ProxyState {
  std::string proxy;
  bool running = false;
  std::string message;  // what is wrong: why it does not run, or runs with older settings
  // Of its Service; empty on Platform::kHost.
  std::vector<api::GatewayStatusAddress> addresses = {};
  std::vector<std::string> cluster_addresses = {};  // IP addresses inside of the cluster

  bool operator==(const ProxyState&) const = default;
};

// What an ACME challenge wants to be seen.
struct PendingChallenge {
  acme::Challenge challenge;
  pki::KeyPair certificate;  // of TLS-ALPN-01

  bool operator==(const PendingChallenge&) const = default;
};
struct ChallengeChange {
  std::string proxy;
  std::string token;
  std::optional<PendingChallenge> challenge;  // nullopt: it is over
};

// How far a wanted certificate is.
struct CertificateReport {
  api::ObjectKey secret;
  std::optional<acme::CertificateState> state;  // nullopt: nobody keeps it
};

struct Input {
  api::ChangeBatch objects;
  std::vector<EnvoyAnswer> answers;
  std::vector<ProxyState> proxies;
  std::vector<OidcIssuer> issuers = {};
  // What cookies of logins are signed and encrypted with; secret, the same in all replicas.
  std::optional<std::string> cookie_key = {};
  std::vector<ChallengeChange> challenges = {};
  std::vector<CertificateReport> certificates = {};
};

// As the object's `status` member.  REQUIRES: not monostate.
Json emit_status(const AnyStatus& status);

class Translator {
 public:
  explicit Translator(Options options);
  ~Translator();
  Translator(const Translator&) = delete;
  Translator& operator=(const Translator&) = delete;

  Output apply(const Input& input);

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace limen::translate
