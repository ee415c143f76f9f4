// Any text compiles or is refused, and what compiles comes to an answer or an error.
#include "cel/program.h"

#include "base/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const limen::Json self =
      limen::parse_yaml("{n: 3, t: text, list: [1, 2], items: [{name: a}, {name: b}], m: {k: v}}")
          .at(0)
          .value;
  const auto program = limen::cel::Program::compile({reinterpret_cast<const char*>(data), size});
  if (program) (void)program->evaluate(self);
  return 0;
}
