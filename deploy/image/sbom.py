"""The software bill of materials of the image, as SPDX 2.3: each file in it, and the package that it comes from."""

import hashlib
import re
import uuid

# Debian's short names (copyright-format 1.0) that SPDX writes differently.
LICENCES = {"expat": "MIT", "mit": "MIT", "mit/x11": "MIT", "apache-2.0": "Apache-2.0", "apache-2": "Apache-2.0",
            "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause", "isc": "ISC", "zlib": "Zlib",
            "mpl-2.0": "MPL-2.0", "gpl-2": "GPL-2.0-only", "gpl-2+": "GPL-2.0-or-later", "gpl-3": "GPL-3.0-only",
            "gpl-3+": "GPL-3.0-or-later", "lgpl-2.1": "LGPL-2.1-only", "lgpl-2.1+": "LGPL-2.1-or-later",
            "lgpl-3": "LGPL-3.0-only", "lgpl-3+": "LGPL-3.0-or-later", "bsl-1.0": "BSL-1.0", "cc0-1.0": "CC0-1.0"}


def spdx_id(*words: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(words).replace("+", "p"))


class Licences:
    """Turns Debian's copyright files into licence expressions; names that SPDX does not know are kept by reference."""

    def __init__(self):
        self.unknown = {}

    def of(self, package) -> str:
        text = package.copyright.read_text(errors="replace")
        if "copyright-format/1.0" not in text.partition("\n")[0]:
            return "NOASSERTION"  # prose: for people
        names = set()
        for line in re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE):
            names |= {name.strip() for name in re.split(r"\s+(?:and|or)\s+|,", line) if name.strip()}
        return " AND ".join(sorted({self.identifier(name, package) for name in names})) or "NOASSERTION"

    def identifier(self, name: str, package) -> str:
        if known := LICENCES.get(name.lower()):
            return known
        reference = "LicenseRef-Debian-" + re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")
        self.unknown.setdefault(reference, (name, package.copyright))
        return reference

    def extracted(self) -> list[dict]:
        return [{"licenseId": reference, "name": name, "extractedText": f"\"{name}\" in {path} of the image."}
                for reference, (name, path) in sorted(self.unknown.items())]


def file_entry(file) -> dict:
    sums = [{"algorithm": name.upper(), "checksumValue": hashlib.new(name, file.data).hexdigest()}
            for name in ("sha1", "sha256")]
    return {"SPDXID": spdx_id("File", file.path), "fileName": "./" + file.path, "checksums": sums,
            "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION"}


def verification_code(listed: list[dict]) -> str:
    """Of a package whose files are known: SPDX 2.3, 7.9."""
    sums = sorted(each["checksums"][0]["checksumValue"] for each in listed)
    return hashlib.sha1("".join(sums).encode()).hexdigest()


def debian_entry(package, distribution: str, licences: Licences) -> dict:
    purl = f"pkg:deb/debian/{package.name}@{package.version}?arch={package.architecture}&distro={distribution}"
    return {"SPDXID": spdx_id("Package", package.name), "name": package.name, "versionInfo": package.version,
            "supplier": "Organization: Debian", "originator": f"Person: {package.maintainer}",
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "sourceInfo": f"Debian source: {package.source}",
            "homepage": package.homepage or "NOASSERTION", "licenseConcluded": "NOASSERTION",
            "licenseDeclared": licences.of(package), "copyrightText": "NOASSERTION",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                              "referenceLocator": purl.replace("+", "%2B")}]}


def own_entry(name: str, version: str, **members) -> dict:
    return {"SPDXID": spdx_id("Package", name), "name": name, "versionInfo": version, "filesAnalyzed": False,
            "downloadLocation": "NOASSERTION", "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
            "copyrightText": "NOASSERTION", **members}


def definitions_entry(name: str, version: str) -> dict:
    return own_entry(name, version, externalRefs=[{
        "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": f"pkg:pypi/{name}@{version}"}])


def document(version: str, image_digest: str, files, built_in, definitions, distribution: str, created: str) -> dict:
    """built_in: packages whose code is in the binary itself; definitions: name and version of what code was generated from."""
    licences = Licences()
    listed = [file_entry(file) for file in files]
    image = own_entry("limen-image", version, primaryPackagePurpose="CONTAINER", filesAnalyzed=True,
                      packageVerificationCode={"packageVerificationCodeValue": verification_code(listed)},
                      checksums=[{"algorithm": "SHA256", "checksumValue": image_digest.removeprefix("sha256:")}])
    limen = own_entry("limen", version, primaryPackagePurpose="APPLICATION")
    shipped = sorted({file.package for file in files if file.package} - set(built_in), key=lambda each: each.name)
    generated = definitions_entry(*definitions)
    entries = [image, limen, generated] + [debian_entry(each, distribution, licences) for each in [*shipped, *built_in]]
    links = [("SPDXRef-DOCUMENT", "DESCRIBES", image["SPDXID"]), (image["SPDXID"], "CONTAINS", limen["SPDXID"])]
    links += [(image["SPDXID"], "CONTAINS", spdx_id("Package", each.name)) for each in shipped]
    links.append((limen["SPDXID"], "GENERATED_FROM", generated["SPDXID"]))
    links += [(limen["SPDXID"], "STATIC_LINK", spdx_id("Package", each.name)) for each in built_in]
    links += [(image["SPDXID"], "CONTAINS", each["SPDXID"]) for each in listed]
    links += [(spdx_id("File", file.path), "EXPANDED_FROM_ARCHIVE", spdx_id("Package", file.package.name))
              for file in files if file.package]
    name = f"limen-{version}"
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
            "documentNamespace": f"https://limen.invalid/spdx/{name}-{uuid.uuid5(uuid.NAMESPACE_OID, image_digest)}",
            "creationInfo": {"created": created, "creators": ["Tool: limen deploy/image/build.py"]},
            "packages": entries, "files": listed,
            "hasExtractedLicensingInfos": licences.extracted(),
            "relationships": [{"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
                              for one, kind, other in links]}
