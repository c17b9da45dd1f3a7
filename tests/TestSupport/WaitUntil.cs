namespace LibProf.TestSupport;

/// <summary>Waits for a condition that nothing announces, such as the state of another process in /proc.</summary>
public static class WaitUntil
{
    /// <summary>Returns as soon as <paramref name="condition"/> holds.</summary>
    /// <param name="condition">Looked at again and again; must be cheap.</param>
    /// <param name="what">What is waited for, for the message.</param>
    /// <param name="deadline">When to give up; <see cref="Deadline.Patience"/> from now if left out.</param>
    /// <exception cref="TimeoutException">The condition did not come true in time.</exception>
    public static void True(Func<bool> condition, string what, Deadline? deadline = null)
    {
        deadline ??= Deadline.In();
        while (!condition())
        {
            if (deadline.HasPassed)
            {
                throw new TimeoutException($"waited in vain until {what}");
            }

            Thread.Sleep(1);
        }
    }

    /// <summary>Returns the first value that <paramref name="probe"/> gives that is not null.</summary>
    /// <param name="probe">Called again and again; must be cheap.</param>
    /// <param name="what">What is waited for, for the message.</param>
    /// <param name="deadline">When to give up; <see cref="Deadline.Patience"/> from now if left out.</param>
    /// <exception cref="TimeoutException">No value came in time.</exception>
    public static T NotNull<T>(Func<T?> probe, string what, Deadline? deadline = null)
        where T : class
    {
        T? value = null;
        True(() => (value = probe()) is not null, what, deadline);
        return value!;
    }
}
