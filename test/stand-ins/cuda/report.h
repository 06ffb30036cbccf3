#pragma once

#include <map>
#include <string>
#include <vector>

namespace stand_in {

struct Report {
  struct Violation {
    std::string rule;
    std::string text;
  };
  struct Leak {
    std::string kind;
    // The number of the call that made the object.
    unsigned long long call = 0;
  };
  struct Failed {
    unsigned long long number = 0;
    // Empty where no failure was injected.
    std::string name;
  };

  unsigned long long calls = 0;
  std::map<std::string, unsigned long long> byName;
  std::vector<Violation> violations;
  std::vector<Leak> leaks;
  Failed failed;
};

// As JSON, replacing the file; does nothing where the path is empty.
void writeReport(const Report& report, const std::string& path);

}  // namespace stand_in
