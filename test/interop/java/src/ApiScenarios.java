import org.apache.hadoop.conf.Configured;
import org.apache.hadoop.util.Tool;

public final class ApiScenarios extends Configured implements Tool {
  @Override
  public int run(String[] args) throws Exception {
    return 0;
  }
}
