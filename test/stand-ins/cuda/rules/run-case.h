#pragma once

#include <initializer_list>
#include <vector>

#include "stand-ins/cuda/rules/rule-case.h"

namespace rules {

// The main function of a program of cases: runs one by its name, and with --list prints all names, each with
// the rules it breaks and whether it dies of it. Returns the exit status.
int runCase(int count, char** arguments, std::initializer_list<std::vector<Case>> groups);

}  // namespace rules
