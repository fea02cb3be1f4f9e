// SPDX-License-Identifier: MIT
// labels: arm64
#include <fcntl.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

static void kvm_of_the_emulated_host_has_the_stable_api(void **state)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	assert_true(kvm >= 0);
	assert_int_equal(ioctl(kvm, KVM_GET_API_VERSION, 0), KVM_API_VERSION);
	close(kvm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kvm_of_the_emulated_host_has_the_stable_api),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
