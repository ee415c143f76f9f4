#include "ctl/offline.h"

#include <fmt/format.h>

#include <iostream>
#include <iterator>

namespace limen::ctl {
namespace {

constexpr char kStandardInput[] = "-";  // as for kubectl

void read_standard_input(providers::ObjectStore& store) {
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  store.set_file(kStandardInput, text);
}

}  // namespace

Offline load_offline(const std::vector<std::string>& paths) {
  // A fixed time and key, so that equal input gives equal output.
  Offline result{providers::ObjectStore([] { return int64_t{1}; }), {}, {}, {}};
  std::vector<std::string> files = paths;
  const bool reads_input = std::erase(files, kStandardInput) > 0;
  providers::load(files, {}, result.store);
  if (reads_input) read_standard_input(result.store);
  result.objects = result.store.take_changes();
  result.problems = result.store.problems();
  translate::Translator translator({});
  result.output = translator.apply({result.objects, {}, {}, {}, "a key of no server"});
  return result;
}

std::string text_of(const providers::ObjectProblem& problem) {
  std::string text = problem.file;
  if (!text.empty() && problem.problem.line > 0) text += fmt::format(":{}", problem.problem.line);
  if (!problem.object.empty()) text += (text.empty() ? "" : ": ") + problem.object;
  if (!problem.problem.path.empty()) text += ": " + problem.problem.path;
  return text + fmt::format(": {}: {}", problem.problem.reason, problem.problem.message);
}

}  // namespace limen::ctl
