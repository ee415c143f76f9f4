// The command line: flags and wiring only.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/commands.h"

namespace limen::ctl {
namespace {

void add_paths(CLI::App& command, std::vector<std::string>& paths) {
  command.add_option("-f,--filename", paths, "Files or folders with YAML or JSON")->required()->type_name("PATH");
}

int run(int argc, char** argv) {
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

int main(int argc, char** argv) { return limen::ctl::run(argc, argv); }
