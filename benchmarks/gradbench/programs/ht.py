"""ht: how far a posed hand's surface is from measured points, by its pose and, where `us` is given, by the places on
its triangles.
"""

from __future__ import annotations

import numpy as np

from .peers import jax_ready

outputs = {"objective": lambda y: np.ravel(y).tolist(), "jacobian": lambda y: np.asarray(y).tolist()}


def arguments(given):
    """Pose, places on triangles (n, 2), what of the model is arrays, and what is fixed: parents, mirrored."""
    data, model = given["data"], given["data"]["model"]
    corners = np.array(data["correspondences"], np.int64)
    us = np.array(given["us"], np.float64).reshape(-1, 2)
    if len(us):
        corners = np.array(model["triangles"], np.int64)[corners]
    arrays = [
        np.array(source, np.float64)
        for source in (
            model["base_relatives"],
            model["inverse_base_absolutes"],
            model["base_positions"],
            model["weights"],
            data["points"],
        )
    ]
    return (np.array(given["theta"], np.float64), us, *arrays, corners, tuple(model["parents"]), model["is_mirrored"])


def fingers(theta, bones, xp):
    """Angles about x and z of each bone: five fingers of four bones, the first of each finger rigid, the next turned
    about both axes and two about x.
    """
    zero = 0.0 * theta[0]
    about_x, about_z = [zero] * bones, [zero] * bones
    for finger in range(5):
        bone, first = 2 + 4 * finger, 6 + 4 * finger
        about_x[bone], about_z[bone] = theta[first], theta[first + 1]
        about_x[bone + 1], about_x[bone + 2] = theta[first + 2], theta[first + 3]
    return xp.stack(about_x), xp.stack(about_z)


def turned(about_x, about_z, xp):
    """Matrices (bones, 4, 4) that turn about x, then about z."""
    cx, sx, cz, sz = xp.cos(about_x), xp.sin(about_x), xp.cos(about_z), xp.sin(about_z)
    zero, one = 0.0 * cx, 0.0 * cx + 1.0
    rows = [[cz, -sz * cx, sz * sx, zero], [sz, cz * cx, -cz * sx, zero], [zero, sx, cx, zero], [zero, zero, zero, one]]
    return xp.stack([xp.stack(row, 1) for row in rows], 1)


def rotation(vector, xp):
    """Of an axis times an angle; none where the angle is below 1e-4."""
    angle = xp.sqrt(xp.sum(vector * vector))
    if angle < 1e-4:
        return np.eye(3)
    return spun(vector / angle, angle, xp)


def spun(axis, angle, xp):
    """The rotation about a unit vector."""
    x, y, z = axis[0], axis[1], axis[2]
    zero = 0.0 * x
    across = xp.stack([xp.stack([zero, -z, y]), xp.stack([z, zero, -x]), xp.stack([-y, x, zero])])
    return xp.cos(angle) * np.eye(3) + xp.sin(angle) * across + (1.0 - xp.cos(angle)) * axis[:, None] * axis


def errors_of(xp, rotation=rotation):
    """The function that is differentiated."""

    def errors(theta, us, relatives, inverses, positions, weights, points, corners, parents, mirrored):
        local = relatives @ turned(*fingers(theta, len(parents), xp), xp)
        absolute = []
        for bone, parent in enumerate(parents):
            absolute.append(local[bone] if parent == -1 else absolute[parent] @ local[bone])
        moved = xp.stack(absolute) @ inverses
        skinned = xp.einsum("bij,vj,vb->vi", moved[:, :3], positions, weights)
        if mirrored:
            skinned = skinned * np.array([-1.0, 1.0, 1.0])
        surface = skinned @ rotation(theta[:3], xp).T + theta[3:6]
        if len(us):
            u, v = us[:, 0:1], us[:, 1:2]
            seen = u * surface[corners[:, 0]] + v * surface[corners[:, 1]] + (1.0 - u - v) * surface[corners[:, 2]]
        else:
            seen = surface[corners]
        return points - seen

    return errors


def programs(xp, transforms, compiled, errors):
    """The Jacobian's columns: by the point's own two places, then by the pose."""

    def jacobian(theta, us, *model):
        by_pose = transforms.jacfwd(lambda theta: errors(theta, us, *model))(theta)
        columns = [xp.reshape(by_pose, (-1, len(theta)))]
        if len(us):
            for place in (1, 0):
                direction = np.zeros(us.shape)
                direction[:, place] = 1.0
                along = transforms.jvp(lambda us: errors(theta, us, *model), (us,), (direction,))[1]
                columns.insert(0, xp.reshape(along, (-1, 1)))
        return xp.concatenate(columns, 1)

    return {"objective": compiled(errors), "jacobian": compiled(jacobian)}


def dispatchml():
    import dispatchml as dm

    return programs(np, dm, dm.jit, errors_of(np))


def jax():
    import functools

    import jax
    import jax.numpy as jnp

    def jax_rotation(vector, xp):
        squares = xp.sum(vector * vector)
        small = squares < 1e-8
        angle = xp.sqrt(xp.where(small, 1.0, squares))
        return xp.where(small, np.eye(3), spun(vector / angle, angle, xp))

    compiled = functools.partial(jax.jit, static_argnums=(8, 9))
    return jax_ready(programs(jnp, jax, compiled, errors_of(jnp, jax_rotation)))
