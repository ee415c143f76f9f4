// Runs a fuzz target without libFuzzer, for a short look in every test run: mutates the corpus
// blindly for a while.  With clang (preset `fuzz`) libFuzzer takes this file's place.
//
// Usage: TARGET [-max_total_time=SECONDS] [-seed=N] CORPUS...    (files and folders)
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kMaxInput = 16 * 1024;
std::string current;  // NOLINT: a signal handler reads it

void keep_input(int signal) {
  const int file = ::open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  [[maybe_unused]] ssize_t written = ::write(file, current.data(), current.size());
  constexpr char kSaid[] = "fuzz: the input that broke it is in ./crash-input\n";
  written = ::write(STDERR_FILENO, kSaid, sizeof(kSaid) - 1);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

std::vector<std::string> read_corpus(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<std::string> corpus;
  const auto add = [&](const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    corpus.back().resize(std::min(corpus.back().size(), kMaxInput));
  };
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      add(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) add(entry.path());
    }
  }
  return corpus;
}

class Mutator {
 public:
  Mutator(std::vector<std::string> corpus, uint64_t seed)
      : corpus_(std::move(corpus)), random_(seed) {}

  std::string next() {
    std::string text = pick(corpus_);
    for (size_t i = below(6); i > 0; --i) mutate(text);
    text.resize(std::min(text.size(), kMaxInput));
    return text;
  }

 private:
  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

  void mutate(std::string& text) {
    static const std::vector<std::string> kWords = {"{",
                                                    "}",
                                                    "[",
                                                    "]",
                                                    ":",
                                                    "- ",
                                                    "---\n",
                                                    "\n",
                                                    "'",
                                                    "\"",
                                                    "&a ",
                                                    "*a",
                                                    "null",
                                                    "true",
                                                    "0",
                                                    "-1",
                                                    "9223372036854775808",
                                                    "1e999",
                                                    "*",
                                                    "",
                                                    "\xff",
                                                    std::string(1, '\0'),
                                                    "self",
                                                    "&&",
                                                    "(",
                                                    ")",
                                                    "..",
                                                    "/",
                                                    "default",
                                                    "http",
                                                    "spec:",
                                                    "name:",
                                                    "\t",
                                                    "# ",
                                                    "? ",
                                                    "| ",
                                                    "!!x "};
    const size_t at = below(text.size() + 1);
    const size_t length = std::min(below(32), text.size() - at);
    switch (below(6)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random_());
        break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(at, pick(kWords)); break;
      case 3: text.insert(below(text.size() + 1), text.substr(at, length)); break;
      case 4: swap_lines(text); break;
      default: {
        const std::string& other = pick(corpus_);
        text.insert(at, other.substr(below(other.size() + 1), below(200)));
      }
    }
  }

  void swap_lines(std::string& text) {
    const size_t from = text.find('\n', below(text.size() + 1));
    if (from == std::string::npos) return;
    const size_t to = std::min(text.find('\n', from + 1), text.size());
    const std::string line = text.substr(from, to - from);
    text.erase(from, to - from);
    const size_t at = text.find('\n', below(text.size() + 1));
    text.insert(at == std::string::npos ? text.size() : at, line);
  }

  std::vector<std::string> corpus_;
  std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) {
  double seconds = 3;
  uint64_t seed = std::random_device()();
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("-max_total_time="))
      seconds = std::atof(word.c_str() + word.find('=') + 1);
    else if (word.starts_with("-seed="))
      seed = std::strtoull(word.c_str() + word.find('=') + 1, nullptr, 10);
    else if (!word.starts_with('-'))
      paths.push_back(word);
  }
  for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(signal, keep_input);
  std::vector<std::string> corpus = read_corpus(paths);
  corpus.emplace_back();
  std::printf("fuzz: seed %llu, %zu texts\n", static_cast<unsigned long long>(seed), corpus.size());
  std::fflush(stdout);
  Mutator mutator(corpus, seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  size_t runs = 0;
  for (; runs < corpus.size() || std::chrono::steady_clock::now() < end; ++runs) {
    current = runs < corpus.size() ? corpus[runs] : mutator.next();
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current.data()), current.size());
  }
  std::printf("fuzz: %zu inputs\n", runs);
}
