#include "xds/resources/wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <string>

namespace limen::xds {
namespace {

using google::protobuf::internal::WireFormatLite;

class Reader {
 public:
  explicit Reader(std::string_view message)
      : message_(message),
        stream_(reinterpret_cast<const uint8_t*>(message.data()),
                static_cast<int>(message.size())) {}

  // False: there is none left.
  bool read(WireField& out) {
    const int begin = stream_.CurrentPosition();
    const uint32_t tag = stream_.ReadTag();
    if (tag == 0) return false;
    std::string_view value;
    uint64_t number = 0;
    if (WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_VARINT)
      stream_.ReadVarint64(&number);
    else
      value = read_text();
    const int end = stream_.CurrentPosition();
    out.number = static_cast<uint32_t>(WireFormatLite::GetTagFieldNumber(tag));
    out.bytes = message_.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    out.key = key_of(value);
    return true;
  }

 private:
  std::string_view read_text() {
    uint32_t length = 0;
    stream_.ReadVarint32(&length);
    const auto begin = static_cast<size_t>(stream_.CurrentPosition());
    stream_.Skip(static_cast<int>(length));
    return message_.substr(begin, length);
  }

  // The first field of an entry.
  static std::string_view key_of(std::string_view entry) {
    constexpr char kTag = 1 << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (entry.empty() || entry[0] != kTag) return {};
    Reader reader(entry.substr(1));
    return reader.read_text();
  }

  const std::string_view message_;
  google::protobuf::io::CodedInputStream stream_;
};

}  // namespace

std::vector<WireField> fields_of(std::string_view message) {
  Reader reader(message);
  std::vector<WireField> fields;
  for (WireField field; reader.read(field);) fields.push_back(field);
  return fields;
}

}  // namespace limen::xds
