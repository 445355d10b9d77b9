import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the contract tests; arguments name the classes to leave out, or with `+Name` the only ones to run. A line of
 * output for each test: TEST, outcome, class and method, milliseconds, reason in base64, between tabs.
 */
public final class ContractRunner {
  public static void main(String[] filters) {
    List<DiscoverySelector> selectors = new ArrayList<>();
    for (Class<?> outer : List.of(Contracts.class, BaseTests.class)) {
      for (Class<?> suite : outer.getDeclaredClasses()) {
        if (isChosen(suite.getSimpleName(), List.of(filters))) {
          selectors.add(selectClass(suite));
        }
      }
    }
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectors).build();
    LauncherFactory.create().execute(request, new Reporter());
    System.exit(0);
  }

  private static boolean isChosen(String name, List<String> filters) {
    boolean isNamed = filters.contains("+" + name);
    boolean onlyNamed = filters.stream().anyMatch(filter -> filter.startsWith("+"));
    return onlyNamed ? isNamed : !filters.contains(name);
  }

  private static final class Reporter implements TestExecutionListener {
    private long beganMs;

    @Override
    public void executionStarted(TestIdentifier test) {
      beganMs = System.currentTimeMillis();
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      report("SKIPPED", test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      Throwable failure = result.getThrowable().orElse(null);
      boolean isFailure = result.getStatus() == TestExecutionResult.Status.FAILED;
      // A suite that cannot be set up fails as a whole.
      if (test.isTest() || isFailure) {
        String outcome = switch (result.getStatus()) {
          case SUCCESSFUL -> "PASSED";
          case FAILED -> "FAILED";
          case ABORTED -> "SKIPPED";
        };
        report(outcome, test, failure == null ? "" : explain(failure));
      }
    }

    private void report(String outcome, TestIdentifier test, String reason) {
      String name = test.getSource()
          .map(source -> source instanceof MethodSource method
              ? method.getClassName().replaceAll(".*\\$", "") + "." + test.getDisplayName()
              : test.getUniqueId())
          .orElse(test.getUniqueId());
      String encoded =
          Base64.getEncoder().encodeToString(reason.getBytes(StandardCharsets.UTF_8));
      long tookMs = System.currentTimeMillis() - beganMs;
      System.out.println("TEST\t" + outcome + "\t" + name + "\t" + tookMs + "\t" + encoded);
    }

    private static String explain(Throwable failure) {
      StringBuilder text = new StringBuilder(failure.toString());
      for (StackTraceElement frame : failure.getStackTrace()) {
        text.append("\n  at ").append(frame);
      }
      if (failure.getCause() != null) {
        text.append("\ncaused by ").append(explain(failure.getCause()));
      }
      return text.toString();
    }
  }

  private ContractRunner() {}
}
