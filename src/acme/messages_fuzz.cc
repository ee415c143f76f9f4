// Whatever a CA answers is read or refused.
#include <cstdint>
#include <string_view>

#include "acme/messages.h"
#include "base/json_text.h"

using namespace limen::acme;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)read_retry_after(text, 0);
  const auto json = limen::parse_json(text);
  if (!json) return 0;
  (void)read_directory(*json).ok();
  (void)read_order(*json).ok();
  (void)read_authorization(*json).ok();
  (void)read_renewal_window(*json).ok();
  (void)read_problem(*json);
  return 0;
}
