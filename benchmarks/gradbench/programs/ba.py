"""ba: reprojection errors of bundle adjustment; their sparse Jacobian, many small dense blocks, as compressed rows."""

from __future__ import annotations

import numpy as np

from .peers import jax_ready


def objective_output(found):
    errors, weights = found
    return {
        "reproj_error": {"elements": np.asarray(errors)[0].tolist(), "repeated": len(errors)},
        "w_err": {"element": float(weights[0]), "repeated": len(weights)},
    }


def jacobian_output(found):
    """What the eval asks for: the first 30 entries and the last one of each array."""
    parts = {"rows": found[0], "cols": found[1], "vals": found[2]}
    return {name: [*np.asarray(part[:30]).tolist(), np.asarray(part[-1]).item()] for name, part in parts.items()}


outputs = {"objective": objective_output, "jacobian": jacobian_output}


def arguments(given):
    """Cameras, points, weights, features, and which camera and which point each observation is of."""
    n, m, p = given["n"], given["m"], given["p"]
    return (
        np.tile(np.array(given["cam"], np.float64), (n, 1)),
        np.tile(np.array(given["x"], np.float64), (m, 1)),
        np.full(p, given["w"], np.float64),
        np.tile(np.array(given["feat"], np.float64), (p, 1)),
        np.arange(p) % n,
        np.arange(p) % m,
    )


def residual_of(xp):
    """The weighted error of one observation."""

    def residual(camera, point, weight, feature):
        turn, centred = camera[:3], point - camera[3:6]
        angle = xp.sqrt(xp.sum(turn * turn))
        axis = turn / angle
        cosine = xp.cos(angle)
        crossed = xp.stack(
            [
                axis[1] * centred[2] - axis[2] * centred[1],
                axis[2] * centred[0] - axis[0] * centred[2],
                axis[0] * centred[1] - axis[1] * centred[0],
            ]
        )
        along = xp.sum(axis * centred) * (1.0 - cosine)
        seen = centred * cosine + crossed * xp.sin(angle) + axis * along
        flat = seen[:2] / seen[2]
        radius = xp.sum(flat * flat)
        distorted = flat * (1.0 + camera[9] * radius + camera[10] * radius * radius)
        return weight * (distorted * camera[6] + camera[7:9] - feature)

    return residual


def structure(n, m, cameras, points):
    """Row pointers and columns: two rows of 15 for each observation, then one of 1 for each weight."""
    p = len(cameras)
    first = 11 * n + 3 * m
    observation = np.arange(p)[:, None]
    columns = [11 * cameras[:, None] + np.arange(11), 11 * n + 3 * points[:, None] + np.arange(3), first + observation]
    block = np.repeat(np.concatenate(columns, axis=1), 2, axis=0).ravel()
    rows = np.concatenate([np.arange(0, 30 * p + 1, 15), 30 * p + np.arange(1, p + 1)])
    return rows, np.concatenate([block, first + np.arange(p)])


def programs(xp, transforms, compiled):
    """For libraries whose transforms have the names of JAX's."""
    residual = residual_of(xp)
    per_observation = transforms.vmap(transforms.jacrev(residual, argnums=(0, 1, 2)))

    def objective(cameras, points, weights, features, camera, point):
        return transforms.vmap(residual)(cameras[camera], points[point], weights, features), 1.0 - weights * weights

    def values(cameras, points, weights, features, camera, point):
        blocks = per_observation(cameras[camera], points[point], weights, features)
        dense = xp.concatenate([blocks[0], blocks[1], blocks[2][:, :, None]], 2)
        return xp.concatenate([xp.ravel(dense), -2.0 * weights])

    values = compiled(values)

    def jacobian(cameras, points, weights, features, camera, point):
        rows, columns = structure(len(cameras), len(points), camera, point)
        return rows, columns, values(cameras, points, weights, features, camera, point)

    return {"objective": compiled(objective), "jacobian": jacobian}


def dispatchml():
    import dispatchml as dm

    return programs(np, dm, dm.jit)


def jax():
    import jax
    import jax.numpy as jnp

    return jax_ready(programs(jnp, jax, jax.jit))


def tape():
    from .compiled import tape_function

    return tape_function("ba")
