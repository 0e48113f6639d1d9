/// Users, access keys, roles and policies.
@NullMarked
package io.carillon.iam;

import org.jspecify.annotations.NullMarked;
