// The command line: flags and wiring only.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include <CLI/CLI.hpp>

#include "ctl/commands.h"

namespace limen::ctl {
namespace {

void add_paths(CLI::App& command, std::vector<std::string>& paths) {
  command.add_option("-f,--filename", paths, "Files or folders with YAML or JSON")->required()->type_name("PATH");
}

// Where `limen run` keeps its state unless told otherwise.
std::string default_state_dir() {
  if (::geteuid() == 0) return "/var/lib/limen";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.local/state/limen";
}

void add_state_dir(CLI::App& command, std::string& state_dir) {
  state_dir = default_state_dir();
  command.add_option("--state-dir", state_dir, "Folder for sockets, logs and process records")->capture_default_str();
}

int main_of(int argc, char** argv) {
  CLI::App app("Limen drives Envoy from Gateway API YAML.");
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 the input has mistakes, 2 the command line has, 3 something outside failed.");
  int code = kOk;

  TranslateOptions translate_options;
  CLI::App* translate_command = app.add_subcommand("translate", "Print what Envoy would be sent, or the objects with their statuses");
  add_paths(*translate_command, translate_options.paths);
  translate_command->add_option("--to", translate_options.to, "xds or gateway-api")->check(CLI::IsMember({"xds", "gateway-api"}))->capture_default_str();
  translate_command->add_option("-o,--output", translate_options.output, "yaml or json")->check(CLI::IsMember({"yaml", "json"}))->capture_default_str();
  translate_command->add_flag("--show-secrets", translate_options.show_secrets, "Print private keys and secret values");
  translate_command->callback([&] { code = translate(translate_options); });

  ValidateOptions validate_options;
  CLI::App* validate_command = app.add_subcommand("validate", "Check files: one line a mistake; exit code 1 if there are any");
  add_paths(*validate_command, validate_options.paths);
  validate_command->callback([&] { code = validate(validate_options); });

  RunOptions run_options;
  CLI::App* run_command = app.add_subcommand("run", "Run Envoys on this machine from files, and follow their changes");
  add_paths(*run_command, run_options.paths);
  add_state_dir(*run_command, run_options.state_dir);
  run_command->add_option("--envoy-path", run_options.envoy_path, "The Envoy binary; else it is looked for on PATH and in .venv");
  run_command->add_option("--hold-vanished", run_options.hold_vanished, "Keep in force what a vanished folder said")->capture_default_str();
  const std::map<std::string, log::Level> levels = {{"debug", log::Level::kDebug}, {"info", log::Level::kInfo}, {"warn", log::Level::kWarn}, {"error", log::Level::kError}};
  run_command->add_option("--log-level", run_options.log_level, "debug, info, warn or error")->transform(CLI::CheckedTransformer(levels));
  run_command->callback([&] { code = run(run_options); });

  StatusOptions status_options;
  CLI::App* status_command = app.add_subcommand("status", "Print the statuses of a running `limen run`");
  status_command->add_option("KIND", status_options.kind, "Only objects of this kind");
  status_command->add_option("NAME", status_options.name, "Only the object of this name");
  status_command->add_option("-o,--output", status_options.output, "wide or yaml")->check(CLI::IsMember({"wide", "yaml"}))->capture_default_str();
  add_state_dir(*status_command, status_options.state_dir);
  status_command->callback([&] { code = status(status_options); });

  CLI::App* version_command = app.add_subcommand("version", "Print the version");
  version_command->callback([] { fmt::print("limen {}\n", LIMEN_VERSION); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return kUsage;
  }
  return code;
}

}  // namespace
}  // namespace limen::ctl

int main(int argc, char** argv) { return limen::ctl::main_of(argc, argv); }
