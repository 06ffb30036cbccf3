// Nothing but size.
extern "C" {
__attribute__((visibility("default"))) char largeTensorRt[80 << 20];
}
