#include "base/utf8.h"

#include <array>
#include <cstdint>

namespace limen {
namespace {

// What a lead byte asks of the bytes behind it.
struct Form {
  uint8_t first, last;              // lead bytes
  size_t more;                      // bytes behind it
  uint8_t low = 0x80, high = 0xBF;  // of the second byte
};
constexpr std::array kForms = {Form{0x00, 0x7F, 0},
                               Form{0xC2, 0xDF, 1},
                               Form{0xE0, 0xE0, 2, 0xA0},
                               Form{0xE1, 0xEC, 2},
                               Form{0xED, 0xED, 2, 0x80, 0x9F},
                               Form{0xEE, 0xEF, 2},
                               Form{0xF0, 0xF0, 3, 0x90},
                               Form{0xF1, 0xF3, 3},
                               Form{0xF4, 0xF4, 3, 0x80, 0x8F}};

const Form* form_of(uint8_t lead) {
  for (const Form& form : kForms) {
    if (form.first <= lead && lead <= form.last) return &form;
  }
  return nullptr;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Form* form = form_of(static_cast<uint8_t>(text[at++]));
    if (form == nullptr || text.size() - at < form->more) return false;
    for (size_t i = 0; i < form->more; ++i) {
      const auto byte = static_cast<uint8_t>(text[at++]);
      const bool is_second = i == 0;
      if (byte < (is_second ? form->low : 0x80) || byte > (is_second ? form->high : 0xBF))
        return false;
    }
  }
  return true;
}

}  // namespace limen
