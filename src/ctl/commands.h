// The subcommands of `limen`.  Each is told its options, prints, and returns the exit code.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/meta/meta.h"
#include "base/log.h"

namespace limen::ctl {

// Exit codes, as documented by `limen --help`.
inline constexpr int kOk = 0;
inline constexpr int kInvalid = 1;  // the input has mistakes
inline constexpr int kUsage = 2;    // the command line has
inline constexpr int kFailed = 3;   // something outside failed

struct TranslateOptions {
  std::vector<std::string> paths;
  std::string to = "xds";       // xds or gateway-api
  std::string output = "yaml";  // yaml or json
  bool show_secrets = false;
};
int translate(const TranslateOptions& options);

struct ValidateOptions {
  std::vector<std::string> paths;
};
int validate(const ValidateOptions& options);

struct ExplainOptions {
  std::vector<std::string> paths;
  std::string url;
  std::string method = "GET";
  std::vector<std::string> headers;  // "Name: value"
  std::string output = "text";       // text or json
};
// kInvalid: no route takes the request.
int explain(const ExplainOptions& options);

struct AcmeOptions {
  bool staging = false;                          // Let's Encrypt's staging environment
  std::map<std::string, std::string> dns_hooks;  // name -> program
};

struct RunOptions {
  std::vector<std::string> paths;
  std::string state_dir;
  std::string envoy_path;    // "": found on PATH or in the virtual environment
  int ready_timeout_s = 30;  // of an Envoy that is to replace another one
  bool hold_vanished = true;
  bool start_envoys = true;   // false: they run elsewhere
  std::string xds_address;    // "HOST:PORT" for Envoys on other machines; "": none
  std::string xds_certs_dir;  // what certgen made
  AcmeOptions acme;
  std::string health_address;  // "IP:PORT" of /healthz, /readyz, /metrics; "": none
  log::Level log_level = log::Level::kInfo;
};
int run(RunOptions options);

struct ServerOptions {
  std::string kubeconfig;       // "": $KUBECONFIG, the pod's service account, ~/.kube/config
  std::string controller_name;  // of GatewayClasses; "": the one of translate::Options
  std::vector<std::string> namespaces;                   // none: all
  std::optional<api::LabelSelector> namespace_selector;  // instead: of such labels
  std::vector<std::string> addresses;                    // of the Envoys: Gateway.status.addresses
  std::string state_dir;
  std::string xds_address, xds_certs_dir;  // as in RunOptions; no xds_certs_dir: Secrets
  // For tests: seconds that an authority and a certificate live, and of authorities' overlap.
  std::vector<int> certificate_lives;
  int watch_idle_s = 150;
  bool leader_elect = true;                                    // false: it is the only one
  bool start_envoys = true;                                    // false: they run elsewhere
  std::string image = "docker.io/limen/limen:" LIMEN_VERSION;  // for the container beside Envoy
  std::string xds_service;              // "HOST:PORT" by which pods reach this; "": its Service
  std::string health_address;           // "IP:PORT" of /healthz, /readyz, /metrics; "": none
  bool gateway_namespace_mode = false;  // what runs a Gateway is made in its namespace
  bool obtain_certificates = false;     // by ACME: it then writes Secrets of Gateways
  AcmeOptions acme;
  log::Level log_level = log::Level::kInfo;
};
int server(ServerOptions options);

struct ShutdownManagerOptions {
  std::string admin_socket = "/var/run/limen/admin.sock";  // Envoy's
  std::string address = "0.0.0.0:19002";                   // of the answer whether it is drained
  bool drain = false;                                      // drain, instead of serving
  std::chrono::milliseconds health_check_failure_delay{0}, min_drain_duration{10'000},
      drain_timeout{60'000};
};
int shutdown_manager(const ShutdownManagerOptions& options);

struct CertgenOptions {
  std::string dir;
  bool kubernetes = false;           // Secrets of `name_space` instead, made where they are missing
  std::string kubeconfig;            // as in ServerOptions
  std::string name_space;            // "": the pod's or the kubeconfig's
  std::vector<std::string> proxies;  // "<namespace>/<gateway>", or a GatewayClass's name
  std::vector<std::string> hosts;    // of the xDS server; none: the local ones
  int days = 365;
  bool renew = false;
};
int certgen(const CertgenOptions& options);
int certgen_in_kubernetes(const CertgenOptions& options);

struct BootstrapOptions {
  std::string proxy;
  std::string xds_address;
  std::string certs_dir;
  std::string sds_dir;     // "": the Envoy reads certificates once
  std::string token_file;  // shown in place of a client certificate; wants sds_dir
  std::string node;        // "": the machine's name
  std::string admin_socket = "/run/envoy-admin.sock";
  std::string stats_address, ready_address;  // "HOST:PORT"; "": none
  uint64_t memory_limit_mib = 0;             // 0: unlimited
  std::string output = "yaml";               // yaml or json
};
int bootstrap(const BootstrapOptions& options);

struct StatusOptions {
  std::string kind, name;       // "": all; kind also "KIND/NAME"
  std::string name_space;       // "": all
  std::string output = "wide";  // wide, yaml or json
  std::string state_dir;
};
// kInvalid: there is no object of that name.
int status(StatusOptions options);

// Withdraws what `limen run` holds though its files are gone.  kInvalid: nothing is held.
int confirm(const std::string& state_dir);

struct CrdsOptions {
  std::vector<std::string> kinds;  // none: all
  std::string output = "yaml";     // yaml or json
  bool reference = false;          // Markdown for users instead
};
int crds(const CrdsOptions& options);

// Whoever holds it writes statuses.
inline constexpr char kLeaseName[] = "limen";

struct RbacOptions {
  std::string name_space = "limen-system";  // of the ServiceAccount, and of the Lease
  std::vector<std::string> namespaces;      // as in ServerOptions
  bool gateway_namespace_mode = false;      // as in ServerOptions
  bool obtain_certificates = false;         // as in ServerOptions
  std::string output = "yaml";              // yaml or json
};
int rbac(const RbacOptions& options);

}  // namespace limen::ctl
