// What can be known of where a client is.
#pragma once

#include <cstdint>
#include <string>

namespace limen::features {

// A set of facts.
using GeoFacts = uint8_t;
inline constexpr GeoFacts kCountry = 1, kRegion = 2, kCity = 4, kAsn = 8, kIsp = 16,
                          kAnonymous = 32;
// As the API calls them: "country, city".
std::string words_of(GeoFacts facts);

}  // namespace limen::features
