// The headers between the lookup and the conditions of authorization, and the names of facts.
// Within src/features/geo only.
#pragma once

#include <string>
#include <string_view>

#include "features/geo.h"

namespace limen::features {

inline constexpr char kGeoHeaders[] = "x-limen-geo-";
inline std::string geo_header(std::string_view name) { return kGeoHeaders + std::string(name); }

// Each fact by its name in the API.
struct NamedGeoFact {
  GeoFacts fact;
  const char* name;
};
inline constexpr NamedGeoFact kGeoFacts[] = {{kCountry, "country"}, {kRegion, "region"},
                                             {kCity, "city"},       {kAsn, "asn"},
                                             {kIsp, "isp"},         {kAnonymous, "anonymous"}};
inline constexpr char kLookedUp[] = "looked-up";  // in the metadata, of each that is

}  // namespace limen::features
