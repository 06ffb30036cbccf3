#include "stand-ins/cuda/report.h"

#include <cstdio>
#include <fstream>

namespace stand_in {
namespace {

std::string quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      quoted += '\\';
      quoted += letter;
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(letter));
      quoted += escape;
    } else {
      quoted += letter;
    }
  }
  return quoted + '"';
}

template <typename Items, typename Write>
void join(std::ostream& out, const Items& items, Write write) {
  const char* comma = "";
  for (const auto& item : items) {
    out << comma << "\n    ";
    write(item);
    comma = ",";
  }
}

}  // namespace

void writeReport(const Report& report, const std::string& path) {
  if (path.empty()) return;
  std::ofstream out(path);
  out << "{\n  \"calls\": " << report.calls << ",\n  \"byName\": {";
  join(out, report.byName, [&](const auto& item) { out << quote(item.first) << ": " << item.second; });
  out << "},\n  \"violations\": [";
  join(out, report.violations, [&](const Report::Violation& item) {
    out << "{\"rule\": " << quote(item.rule) << ", \"text\": " << quote(item.text) << "}";
  });
  out << "],\n  \"leaks\": [";
  join(out, report.leaks, [&](const Report::Leak& item) {
    out << "{\"kind\": " << quote(item.kind) << ", \"call\": " << item.call << "}";
  });
  out << "],\n  \"failed\": ";
  if (report.failed.name.empty()) {
    out << "null";
  } else {
    out << "{\"number\": " << report.failed.number << ", \"name\": " << quote(report.failed.name) << "}";
  }
  out << "\n}\n";
  if (!out.flush()) std::fprintf(stderr, "STANDIN cannot write %s\n", path.c_str());
}

}  // namespace stand_in
