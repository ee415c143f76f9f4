// The command line: flags and wiring only.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include <CLI/CLI.hpp>

#include "ctl/commands.h"

namespace limen::ctl {
namespace {

void add_paths(CLI::App& command, std::vector<std::string>& paths) {
  command.add_option("-f,--filename", paths, "Files or folders with YAML or JSON")
      ->required()
      ->type_name("PATH");
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

// What the flags are read into; callbacks of CLI11 refer to it while parsing.
struct CommandLine {
  int code = kOk;
  TranslateOptions translate;
  ValidateOptions validate;
  RunOptions run;
  StatusOptions status;
};

void add_translate(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "translate", "Print what Envoy would be sent, or the objects with their statuses");
  TranslateOptions& options = line.translate;
  add_paths(*command, options.paths);
  command->add_option("--to", options.to, "xds or gateway-api")
      ->check(CLI::IsMember({"xds", "gateway-api"}))
      ->capture_default_str();
  command->add_option("-o,--output", options.output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}))
      ->capture_default_str();
  command->add_flag("--show-secrets", options.show_secrets, "Print private keys and secret values");
  command->callback([&] { line.code = translate(line.translate); });
}

void add_validate(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "validate", "Check files: one line a mistake; exit code 1 if there are any");
  add_paths(*command, line.validate.paths);
  command->callback([&] { line.code = validate(line.validate); });
}

void add_run(CLI::App& app, CommandLine& line) {
  static const std::map<std::string, log::Level> kLevels = {{"debug", log::Level::kDebug},
                                                            {"info", log::Level::kInfo},
                                                            {"warn", log::Level::kWarn},
                                                            {"error", log::Level::kError}};
  CLI::App* command =
      app.add_subcommand("run", "Run Envoys on this machine from files, and follow their changes");
  RunOptions& options = line.run;
  add_paths(*command, options.paths);
  add_state_dir(*command, options.state_dir);
  command->add_option("--envoy-path", options.envoy_path,
                      "The Envoy binary; else it is looked for on PATH and in .venv");
  command
      ->add_option("--hold-vanished", options.hold_vanished,
                   "Keep in force what a vanished folder said")
      ->capture_default_str();
  command->add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->transform(CLI::CheckedTransformer(kLevels));
  command->callback([&] { line.code = run(line.run); });
}

void add_status(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("status", "Print the statuses of a running `limen run`");
  StatusOptions& options = line.status;
  command->add_option("KIND", options.kind, "Only objects of this kind");
  command->add_option("NAME", options.name, "Only the object of this name");
  command->add_option("-o,--output", options.output, "wide or yaml")
      ->check(CLI::IsMember({"wide", "yaml"}))
      ->capture_default_str();
  add_state_dir(*command, options.state_dir);
  command->callback([&] { line.code = status(line.status); });
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
  add_run(app, line);
  add_status(app, line);
  app.add_subcommand("version", "Print the version")->callback([] {
    fmt::print("limen {}\n", LIMEN_VERSION);
  });
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

int main(int argc, char** argv) { return limen::ctl::main_of(argc, argv); }
