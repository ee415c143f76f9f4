#include "ctl/offline.h"

#include <fmt/format.h>

#include <ctime>

namespace limen::ctl {

Offline load_offline(const std::vector<std::string>& paths) {
  // A fixed time, so that equal input gives equal output.
  Offline result{providers::ObjectStore([] { return int64_t{1}; }), {}, {}, {}};
  providers::load(paths, {}, result.store);
  result.objects = result.store.take_changes();
  result.problems = result.store.problems();
  translate::Translator translator({});
  result.output = translator.apply({result.objects, {}, {}});
  return result;
}

std::string text_of(const providers::FileProblem& problem) {
  std::string text = problem.file;
  if (problem.problem.line > 0) text += fmt::format(":{}", problem.problem.line);
  if (!problem.object.empty()) text += ": " + problem.object;
  if (!problem.problem.path.empty()) text += ": " + problem.problem.path;
  return text + fmt::format(": {}: {}", problem.problem.reason, problem.problem.message);
}

}  // namespace limen::ctl
