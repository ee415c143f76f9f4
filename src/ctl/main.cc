// The command line: flags and wiring only.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>

#include <CLI/CLI.hpp>

#include "api/gateway/common.h"
#include "api/meta/tables.h"
#include "base/strings.h"
#include "ctl/commands.h"
#include "providers/kube/label_selector.h"

namespace limen::ctl {
namespace {

constexpr char kPaths[] = "Files or folders with YAML or JSON";
constexpr char kPathsOrInput[] = "Files or folders with YAML or JSON; - for standard input";

void add_paths(CLI::App& command, std::vector<std::string>& paths, const char* what) {
  command.add_option("-f,--filename", paths, what)->required()->type_name("PATH");
}

// Where `limen run` keeps its state unless told otherwise.
std::string default_state_dir() {
  if (::geteuid() == 0) return "/var/lib/limen";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.local/state/limen";
}

void add_state_dir(CLI::App& command, std::string& state_dir) {
  state_dir = default_state_dir();
  command.add_option("--state-dir", state_dir, "Folder for sockets, logs and process records")
      ->capture_default_str();
}

void add_acme(CLI::App& command, AcmeOptions& options) {
  command.add_flag("--acme-staging", options.staging,
                   "Take certificates from Let's Encrypt's staging environment");
  command
      .add_option("--acme-dns-hook", options.dns_hooks,
                  "Allow CertificatePolicies to run this program for DNS-01; may be repeated")
      ->type_name("NAME=PROGRAM")
      ->delimiter('=');
}

// What the flags are read into; callbacks of CLI11 refer to it while parsing.
CLI::Option* add_output(CLI::App& command, std::string& output) {
  return command.add_option("-o,--output", output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}))
      ->capture_default_str();
}

struct CommandLine {
  int code = kOk;
  TranslateOptions translate;
  ValidateOptions validate;
  ExplainOptions explain;
  RunOptions run;
  ServerOptions server;
  StatusOptions status;
  bool all_namespaces = false;
  std::string confirm_state_dir;
  CertgenOptions certgen;
  BootstrapOptions bootstrap;
  CrdsOptions crds;
  RbacOptions rbac;
  ShutdownManagerOptions shutdown_manager;
};

void add_translate(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "translate", "Print what Envoy would be sent, or the objects with their statuses");
  TranslateOptions& options = line.translate;
  add_paths(*command, options.paths, kPathsOrInput);
  command->add_option("--to", options.to, "xds or gateway-api")
      ->check(CLI::IsMember({"xds", "gateway-api"}))
      ->capture_default_str();
  add_output(*command, options.output);
  command->add_flag("--show-secrets", options.show_secrets, "Print private keys and secret values");
  command->callback([&] { line.code = translate(line.translate); });
}

void add_validate(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "validate", "Check files: one line a mistake; exit code 1 if there are any");
  add_paths(*command, line.validate.paths, kPathsOrInput);
  command->callback([&] { line.code = validate(line.validate); });
}

void add_explain(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "explain",
      "Say which listener, route, rule, filters and backends take a request; exit code 1 if none");
  ExplainOptions& options = line.explain;
  command->add_option("URL", options.url, "http://HOST[:PORT]/PATH")->required();
  add_paths(*command, options.paths, kPathsOrInput);
  command->add_option("-X,--request", options.method, "Method")->capture_default_str();
  command->add_option("-H,--header", options.headers, "\"Name: value\"; Host is taken from it");
  command->add_option("-o,--output", options.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([&] { line.code = explain(line.explain); });
}

void add_log_level(CLI::App& command, log::Level& level) {
  static const std::map<std::string, log::Level> kLevels = {{"debug", log::Level::kDebug},
                                                            {"info", log::Level::kInfo},
                                                            {"warn", log::Level::kWarn},
                                                            {"error", log::Level::kError}};
  command.add_option("--log-level", level, "debug, info, warn or error")
      ->transform(CLI::CheckedTransformer(kLevels));
}

void add_health_address(CLI::App& command, std::string& address) {
  command
      .add_option("--health-address", address,
                  "Answer probes and scrapers here: GET /healthz, /readyz and /metrics")
      ->type_name("IP:PORT");
}

void add_run(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("run", "Run Envoys on this machine from files, and follow their changes");
  RunOptions& options = line.run;
  add_paths(*command, options.paths, kPaths);
  add_state_dir(*command, options.state_dir);
  command->add_option("--envoy-path", options.envoy_path,
                      "The Envoy binary; else it is looked for on PATH and in .venv");
  command
      ->add_option("--envoy-ready-timeout", options.ready_timeout_s,
                   "Seconds that an Envoy with new settings may take to replace the one before")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command
      ->add_option("--hold-vanished", options.hold_vanished,
                   "Keep in force what a vanished folder said")
      ->capture_default_str();
  add_acme(*command, options.acme);
  auto* address = command->add_option("--xds-address", options.xds_address,
                                      "Listen here for Envoys on other machines, by mutual TLS");
  auto* certs = command->add_option("--xds-certs", options.xds_certs_dir,
                                    "Folder with the certificates for that (see certgen)");
  address->needs(certs)->type_name("HOST:PORT");
  command
      ->add_option("--start-envoys", options.start_envoys,
                   "Start an Envoy for each Gateway on this machine")
      ->capture_default_str();
  add_health_address(*command, options.health_address);
  add_log_level(*command, options.log_level);
  command->callback([&] { line.code = run(line.run); });
}

// Which objects `limen server` sees.
void add_scope(CLI::App& command, ServerOptions& options) {
  command
      .add_option("--kubeconfig", options.kubeconfig,
                  "How to reach the API server; else $KUBECONFIG, the pod's service account or "
                  "~/.kube/config")
      ->type_name("FILE");
  command
      .add_option("--controller-name", options.controller_name,
                  "The controllerName of its GatewayClasses; else Envoy Gateway's "
                  "(gateway.envoyproxy.io/gatewayclass-controller)")
      ->type_name("DOMAIN/PATH");
  command
      .add_option("--namespaces", options.namespaces,
                  "See objects of these namespaces alone; else of all")
      ->delimiter(',');
  command
      .add_option_function<std::string>(
          "--namespace-selector",
          [&options](const std::string& text) {
            auto selector = providers::parse_label_selector(text);
            if (!selector)
              throw CLI::ValidationError("--namespace-selector", selector.error().message);
            options.namespace_selector = std::move(*selector);
          },
          "See objects of namespaces with such labels alone: 'env=prod,team in (a,b)'")
      ->type_name("SELECTOR")
      ->excludes("--namespaces");
  command
      .add_option("--leader-elect", options.leader_elect,
                  "Of several, only the holder of the Lease \"limen\" writes; false: this is the "
                  "only one")
      ->capture_default_str();
  add_health_address(command, options.health_address);
  command
      .add_option("--watch-idle", options.watch_idle_s,
                  "Seconds after which a watch that says nothing is taken for dead")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
}

// The Envoys that it makes or serves.
void add_proxies(CLI::App& command, ServerOptions& options) {
  command
      .add_option("--start-envoys", options.start_envoys,
                  "Make Deployments and Services for Gateways; false: their Envoys run elsewhere")
      ->capture_default_str();
  command
      .add_option("--image", options.image, "Image of Limen, for the container beside each Envoy")
      ->capture_default_str();
  command.add_flag("--gateway-namespace-mode", options.gateway_namespace_mode,
                   "Make what runs a Gateway in the Gateway's namespace, not in Limen's");
  command.add_flag("--acme", options.obtain_certificates,
                   "Obtain certificates by ACME where Gateways ask for it, and write their Secrets "
                   "(see `limen rbac --acme`)");
  add_acme(command, options.acme);
  command
      .add_option("--addresses", options.addresses,
                  "IP addresses that Envoys which run elsewhere are reached by, for the status of "
                  "Gateways")
      ->delimiter(',');
  command.add_option("--xds-address", options.xds_address, "Listen here for Envoys, by TLS")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command
      .add_option("--xds-service", options.xds_service,
                  "Where pods reach this; else the Service limen of its namespace")
      ->type_name("HOST:PORT");
  command.add_option("--xds-certs", options.xds_certs_dir,
                     "Folder with the certificates for that (see certgen); else the Secrets "
                     "limen-ca and limen-xds, made where they are missing");
  command.add_option("--certificate-lives", options.certificate_lives)->expected(3)->group("");
}

void add_server(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "server", "Run Envoys for the Gateways of a Kubernetes API server, and serve them");
  ServerOptions& options = line.server;
  options.xds_address = "0.0.0.0:18000";
  add_scope(*command, options);
  add_proxies(*command, options);
  add_state_dir(*command, options.state_dir);
  add_log_level(*command, options.log_level);
  command->callback([&] { line.code = server(line.server); });
}

// "10s", "1500ms"
void add_duration(CLI::App& command, const char* flag, std::chrono::milliseconds& value,
                  const char* doc) {
  command
      .add_option_function<std::string>(
          flag,
          [&value](const std::string& text) {
            api::Duration duration;
            if (!api::parse_text(text, duration))
              throw CLI::ValidationError(
                  fmt::format("'{}' is no duration, as 10s or 1500ms", text));
            value = duration.value;
          },
          doc)
      ->type_name("DURATION");
}

void add_shutdown_manager(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "shutdown-manager",
      "Beside Envoy in its pod: answers /shutdown/ready when Envoy is drained and may be ended");
  ShutdownManagerOptions& options = line.shutdown_manager;
  command
      ->add_option("--admin-socket", options.admin_socket, "Unix socket of Envoy's admin interface")
      ->capture_default_str();
  command->add_option("--address", options.address, "Listen here")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command->add_flag("--drain", options.drain, "Drain Envoy, instead of listening");
  add_duration(*command, "--health-check-failure-delay", options.health_check_failure_delay,
               "Go on so long before clients are told; 0s if unset");
  add_duration(*command, "--min-drain-duration", options.min_drain_duration,
               "Drain at least so long; 10s if unset");
  add_duration(*command, "--drain-timeout", options.drain_timeout,
               "Drain at most so long; 60s if unset");
  command->callback([&] { line.code = shutdown_manager(line.shutdown_manager); });
}

void add_certgen(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "certgen", "Make the certificates for mutual TLS with Envoys on other machines");
  CertgenOptions& options = line.certgen;
  auto* dir = command->add_option("--dir", options.dir,
                                  "Folder for them; an authority that is there is used");
  auto* kubernetes =
      command->add_flag("--kubernetes", options.kubernetes,
                        "Make the Secrets limen-ca and limen-xds where they are missing, as "
                        "`limen server` does");
  command->add_option("-n,--namespace", options.name_space, "Of the Secrets; else the pod's own")
      ->needs(kubernetes);
  command
      ->add_option("--kubeconfig", options.kubeconfig, "How to reach the API server, as for server")
      ->needs(kubernetes)
      ->type_name("FILE");
  kubernetes->excludes(dir);
  command->add_option("--proxy", options.proxies,
                      "NAMESPACE/GATEWAY that an Envoy serves (or a GatewayClass, if merged)");
  command->add_option("--host", options.hosts, "Name or IP address that Envoys reach Limen by");
  command->add_option("--days", options.days, "Life of the certificates")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str();
  command->add_flag("--renew", options.renew, "Make certificates anew that are there already");
  command->callback([&line, kubernetes, dir] {
    if (*kubernetes) {
      line.code = certgen_in_kubernetes(line.certgen);
    } else if (*dir) {
      line.code = certgen(line.certgen);
    } else {
      throw CLI::RequiredError("--dir or --kubernetes");
    }
  });
}

void add_bootstrap(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "bootstrap", "Print the configuration that an Envoy on another machine starts with");
  BootstrapOptions& options = line.bootstrap;
  command->add_option("--proxy", options.proxy, "NAMESPACE/GATEWAY that it serves")->required();
  command->add_option("--xds-address", options.xds_address, "Where Limen is reached")
      ->required()
      ->type_name("HOST:PORT");
  command->add_option("--certs", options.certs_dir, "Folder that certgen made")->required();
  auto* sds = command->add_option(
      "--sds-dir", options.sds_dir,
      "Folder to write more files for the Envoy to: with them it reads its certificates again when "
      "they are replaced");
  command
      ->add_option("--token-file", options.token_file,
                   "Token of a Kubernetes service account to show in place of a certificate")
      ->needs(sds);
  command->add_option("--node", options.node, "The Envoy's name; else the machine's");
  command->add_option("--admin-socket", options.admin_socket, "Unix socket of its admin interface")
      ->capture_default_str();
  command
      ->add_option("--stats-address", options.stats_address,
                   "Serve Prometheus here: GET /stats/prometheus and nothing else")
      ->type_name("HOST:PORT");
  command
      ->add_option("--ready-address", options.ready_address,
                   "Answer GET /ready here: 200 once the first configuration is in force")
      ->type_name("HOST:PORT");
  command->add_option("--memory-limit-mib", options.memory_limit_mib,
                      "Memory that the Envoy may take: near it, it gives some back, then refuses");
  add_output(*command, options.output);
  command->callback([&] { line.code = bootstrap(line.bootstrap); });
}

void add_status(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("status", "Print the statuses of a running `limen run` or `limen server`");
  StatusOptions& options = line.status;
  command->add_option("KIND", options.kind, "Only objects of this kind: gateway, httproutes, gtw");
  command->add_option("NAME", options.name, "Only the object of this name; also KIND/NAME");
  auto* one = command->add_option("-n,--namespace", options.name_space,
                                  "Only objects of this namespace; else of all");
  command->add_flag("-A,--all-namespaces", line.all_namespaces, "Of all namespaces, as without -n")
      ->excludes(one);
  command->add_option("-o,--output", options.output, "wide, yaml or json")
      ->check(CLI::IsMember({"wide", "yaml", "json"}))
      ->capture_default_str();
  add_state_dir(*command, options.state_dir);
  command->callback([&] { line.code = status(line.status); });
}

void add_crds(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "crds", "Print the CustomResourceDefinitions for Kubernetes, or a reference of all fields");
  CrdsOptions& options = line.crds;
  command->add_option("KIND", options.kinds, "Only these kinds, by name, plural or short name");
  auto* output = add_output(*command, options.output);
  command->add_flag("--reference", options.reference, "Print a reference for users, in Markdown")
      ->excludes(output);
  command->callback([&] { line.code = crds(line.crds); });
}

void add_rbac(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "rbac", "Print the ServiceAccount of `limen server` and the rights that it needs");
  RbacOptions& options = line.rbac;
  command->add_option("-n,--namespace", options.name_space, "Where Limen runs")
      ->capture_default_str();
  command
      ->add_option("--namespaces", options.namespaces,
                   "Rights to these namespaces alone, for `limen server --namespaces`; else to all")
      ->delimiter(',');
  command->add_flag("--gateway-namespace-mode", options.gateway_namespace_mode,
                    "For a server that is run with this flag");
  command->add_flag("--acme", options.obtain_certificates,
                    "For a server that is run with this flag: it may write Secrets");
  add_output(*command, options.output);
  command->callback([&] { line.code = rbac(line.rbac); });
}

void add_confirm(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "confirm",
      "Withdraw what a running `limen run` holds though its files are gone; exit code 1 if nothing");
  add_state_dir(*command, line.confirm_state_dir);
  command->callback([&] { line.code = confirm(line.confirm_state_dir); });
}

// "there is no command 'stauts'; did you mean 'status'?"; nullopt: the first word is fine.
std::optional<std::string> unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-' || argv[1][0] == '\0') return std::nullopt;
  const std::string word = argv[1];
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), word) != names.end()) return std::nullopt;
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto guess = nearest(word, candidates);
  return fmt::format("there is no command '{}'{} (`limen --help` lists them)", word,
                     guess ? fmt::format("; did you mean '{}'?", *guess) : "");
}

int main_of(int argc, char** argv) {
  CLI::App app("Limen drives Envoy from Gateway API YAML.");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 the input has mistakes, 2 the command line has, 3 something outside "
      "failed.");
  CommandLine line;
  add_translate(app, line);
  add_validate(app, line);
  add_explain(app, line);
  add_run(app, line);
  add_server(app, line);
  add_status(app, line);
  add_confirm(app, line);
  add_certgen(app, line);
  add_bootstrap(app, line);
  add_crds(app, line);
  add_rbac(app, line);
  add_shutdown_manager(app, line);
  app.add_subcommand("version", "Print the version")->callback([] {
    fmt::print("limen {}\n", LIMEN_VERSION);
  });
  if (const auto unknown = unknown_command(app, argc, argv)) {
    fmt::print(stderr, "limen: {}\n", *unknown);
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return kUsage;
  }
  return line.code;
}

}  // namespace
}  // namespace limen::ctl

int main(int argc, char** argv) {
  try {
    return limen::ctl::main_of(argc, argv);
  } catch (const std::exception& error) {  // of the libraries: no memory, no output
    std::fprintf(stderr, "limen: %s\n", error.what());
    return limen::ctl::kFailed;
  }
}
