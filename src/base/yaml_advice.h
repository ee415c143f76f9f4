// What a person should make of a complaint of libyaml, whose words name its own states ("did not
// find expected key") and not the mistake.  Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace limen {

struct YamlComplaint {
  std::string_view problem;  // libyaml's words
  std::string_view context;  // what it was at; "" where it does not say
  size_t line = 0;           // where it stopped, from 0 in the text
  size_t context_line = 0;   // where what it was at begins
};

struct YamlAdvice {
  size_t line = 0;  // where the mistake is, from 0 in the text
  std::string message;
};

// `first_line`: the number of the text's first line, for lines that the message names.
YamlAdvice advise(std::string_view text, int first_line, const YamlComplaint& complaint);

// Why `text` cannot be a document at all: binary data, another encoding; "" where it may be one.
std::string_view not_a_text(std::string_view text);

}  // namespace limen
