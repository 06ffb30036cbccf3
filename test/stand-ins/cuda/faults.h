#pragma once

namespace stand_in {

// Counts a call and gives the failure that STANDIN_FAIL has for it, or 0. Loses the device for errors that
// are sticky.
int injectedFault(const char* function, int defaultFailure);

}  // namespace stand_in
